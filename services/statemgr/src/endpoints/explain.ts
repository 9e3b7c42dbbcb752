import { type RequestContext, type Served, served } from "@busbar/bus";
import {
  type Action,
  actionsOf,
  asBusbarError,
  BusbarError,
  type busbar,
  type ComponentName,
  endpoints,
  isAction,
  isOffVerb,
  kindOf,
  nearMiss,
  type Verb,
  verbOf,
} from "@busbar/contracts";
import type { Platform } from "@busbar/platform";
import type { Ledger } from "../operations/ledger.ts";
import type { PowerLink } from "../operations/power-link.ts";

export interface ExplainOptions {
  readonly platform: Pick<Platform, "domains">;
  readonly ledger: Pick<Ledger, "foresee">;
  readonly link: Pick<PowerLink, "explain">;
}

type Explanation = busbar.v1.ExplainResponse.$Properties;

interface Question {
  readonly component: ComponentName;
  readonly action: Action;
  readonly verb: Verb;
}

/** `statemgr.<component>.explain`: what the state says to an action now, and then what powermgr says. Changes nothing. */
export const explainEndpoints = (options: ExplainOptions): Served[] =>
  endpoints.statemgrExplain.map((endpoint) =>
    served(endpoint, async ({ action }, context) => ({ message: await explain(action, context, options) })),
  );

async function explain(asked: string, context: RequestContext, options: ExplainOptions): Promise<Explanation> {
  const { platform, ledger, link } = options;
  const component = known(context.component(), platform);
  const action = actionNamed(asked, component);
  const verb = verbOf(action);
  const answer = { component, action, interlocks: [], steps: [] };
  if (verb === undefined) {
    const refusal = `${action} is not supported on this platform`;
    return { ...answer, allowed: false, refusal, refusalRemedy: "use an action that the platform supports" };
  }
  const question = { component, action, verb };
  const own = foreseen(question, ledger);
  // The request would be answered from the state alone: nothing would be done, so nothing can speak against it.
  if (own === "no-op" || own === "join") return { ...answer, allowed: true };
  const theirs = await askPowermgr(question, own, link, context.signal);
  // Steps of what is refused would be read as what happens.
  if (own === "accept") return { ...answer, ...theirs, steps: theirs.allowed ? (theirs.steps ?? []) : [] };
  const { message: refusal, remedy: refusalRemedy = "" } = own;
  return { ...answer, interlocks: theirs.interlocks ?? [], allowed: false, refusal, refusalRemedy };
}

/** @throws BusbarError when nothing is known of the component: then nothing can be said */
function foreseen({ component, verb }: Question, ledger: ExplainOptions["ledger"]) {
  try {
    return ledger.foresee({ component, verb });
  } catch (thrown) {
    const error = asBusbarError(thrown);
    if (error.code === "CONFLICT" || error.code === "FAILED_PRECONDITION") return error;
    throw error;
  }
}

/** @throws BusbarError UNAVAILABLE when powermgr doesn't answer, and the action would depend on it */
async function askPowermgr(
  { component, action, verb }: Question,
  own: "accept" | BusbarError,
  link: ExplainOptions["link"],
  signal: AbortSignal,
): Promise<Explanation> {
  try {
    return await link.explain(component, action, signal);
  } catch (thrown) {
    const error = asBusbarError(thrown);
    if (error.code !== "UNAVAILABLE" && error.code !== "DEADLINE_EXCEEDED") throw error;
    // What the state refuses is refused, and an off is let through, whatever powermgr would say.
    if (own !== "accept" || isOffVerb(verb)) return { allowed: true };
    throw new BusbarError("UNAVAILABLE", `powermgr can't be asked about ${action} of ${component}: ${error.message}`, {
      component,
      reason: "powermgr",
      remedy: "check that powermgr runs (powermgr.health.check)",
      cause: error,
    });
  }
}

function known(component: ComponentName, { domains }: ExplainOptions["platform"]): ComponentName {
  if (domains.has(component)) return component;
  throw new BusbarError("NOT_FOUND", `the platform has no ${component}`, {
    component,
    remedy: `it has ${[...domains.keys()].join(", ")}`,
  });
}

const shownLength = 64;

function actionNamed(text: string, component: ComponentName): Action {
  const kind = kindOf(component);
  const actions = actionsOf(kind);
  if (isAction(kind, text) && actions.includes(text)) return text;
  const shown = text.slice(0, shownLength);
  const meant = nearMiss(shown, actions);
  throw new BusbarError("INVALID_ARGUMENT", `a ${kind} has no action "${shown}"`, {
    component,
    remedy: meant === undefined ? `use one of ${actions.join(", ")}` : `did you mean ${meant}?`,
  });
}
