import type { DomainControl } from "@busbar/backend";
import { type Served, served } from "@busbar/bus";
import {
  actionsOf,
  BusbarError,
  type busbar,
  type ComponentName,
  endpoints,
  isAction,
  isOffVerb,
  kindOf,
  type Verb,
  verbOf,
} from "@busbar/contracts";
import type { Interlock } from "../interlocks/interlock.ts";
import type { PowerEngine } from "../operations/engine.ts";
import { footprint, lineOf, type PlanPart, type PlanView, plan } from "../operations/plan.ts";

export interface ExplainOptions {
  readonly engine: Pick<PowerEngine, "refusal">;
  readonly interlocks: readonly Interlock[];
  readonly view: PlanView;
  readonly controls: ReadonlyMap<ComponentName, DomainControl>;
}

/** `powermgr.<component>.explain`: what admission would say and what would be done, while nothing is done. */
export function explainEndpoints(options: ExplainOptions): Served[] {
  return endpoints.powermgrExplain.map((endpoint) =>
    served(endpoint, ({ action }, context) => ({ message: explain(context.component(), action, options) })),
  );
}

function explain(
  component: ComponentName,
  action: string,
  options: ExplainOptions,
): busbar.v1.ExplainResponse.$Properties {
  const kind = kindOf(component);
  if (!isAction(kind, action) || action.endsWith("_UNSPECIFIED")) {
    throw new BusbarError("INVALID_ARGUMENT", `${action.slice(0, 64)} is no action of a ${kind}`, {
      component,
      remedy: `use one of ${actionsOf(kind).join(", ")}`,
    });
  }
  const verb = verbOf(action);
  if (verb === undefined) {
    return {
      component,
      action,
      allowed: false,
      refusal: `${action} is not supported on this platform`,
      refusalRemedy: "use an action that the platform supports",
    };
  }
  const refusal = options.engine.refusal(component, verb);
  if (refusal?.code === "NOT_FOUND") throw refusal;
  const answers = interlockAnswers(component, verb, options);
  return {
    component,
    action,
    allowed: refusal === undefined && answers.every(({ allowed }) => allowed),
    interlocks: answers,
    steps: refusal === undefined ? plannedSteps(plan(component, verb, options.view), options.controls) : [],
    refusal: refusal?.message ?? "",
    refusalRemedy: refusal?.remedy ?? "",
  };
}

function interlockAnswers(component: ComponentName, verb: Verb, { interlocks, view }: ExplainOptions) {
  const question = { component, verb, footprint: footprint(component, verb, view) };
  return interlocks.map(({ name, overridable, ...interlock }) => {
    const denial = isOffVerb(verb) ? undefined : interlock.check(question);
    return {
      name,
      allowed: denial === undefined,
      message: denial?.message ?? "",
      remedy: denial?.remedy ?? "",
      overridable,
    };
  });
}

/** Each part follows the one before it. */
const plannedSteps = (
  parts: readonly PlanPart[],
  controls: ExplainOptions["controls"],
): busbar.v1.PlannedStep.$Properties[] =>
  parts.flatMap(({ steps, after }, part) =>
    steps.map((step) => {
      const control = controls.get(step.component);
      return {
        component: step.component,
        kind: step.kind,
        line: (control && lineOf(step, control)) ?? "",
        part,
        after: [...after],
      };
    }),
  );
