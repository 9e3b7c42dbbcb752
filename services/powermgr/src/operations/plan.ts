import type { DomainControl, Power } from "@busbar/backend";
import { type ComponentName, type Milliseconds, milliseconds, type Verb } from "@busbar/contracts";
import { controlOf, type DomainGraph, type PowerDomain } from "@busbar/platform";

/** One physical act or wait. `press`, `hold` and `reset` are toggles; `switch` is a level. */
export type PlanStep = { readonly component: ComponentName } & (
  | { readonly kind: "press"; readonly toward: "on" | "off" }
  | { readonly kind: "hold" }
  | { readonly kind: "reset" }
  | { readonly kind: "switch"; readonly to: "on" | "off" }
  | { readonly kind: "await"; readonly power: "on" | "off"; readonly timeout: Milliseconds }
  | { readonly kind: "pause"; readonly duration: Milliseconds }
  /** Waits until the component has been off for this long. */
  | { readonly kind: "rest"; readonly least: Milliseconds }
);

/** What the planner needs of a domain. */
export type PlannedDomain = Pick<PowerDomain, "backend" | "timing" | "sequence">;

export interface PlanView {
  readonly graph: DomainGraph;
  readonly domain: (component: ComponentName) => PlannedDomain;
  readonly power: (component: ComponentName) => Power;
  /** How long it is off; undefined when it isn't, or was never seen on. */
  readonly offFor: (component: ComponentName) => Milliseconds | undefined;
}

/** `component` and all it needs, in the order they are switched on. */
const upward = (component: ComponentName, { graph }: PlanView) => graph.closure([component], "dependencies");

/** `component` and all that needs it, in the order they are switched off. */
export const downward = (component: ComponentName, { graph }: Pick<PlanView, "graph">) =>
  graph.closure([component], "dependents").toReversed();

/** The steps for one component of the operation. */
export interface PlanPart {
  readonly component: ComponentName;
  readonly verb: Verb;
  /** Its outcome is known when they are done; a cycle has a part before that. */
  readonly concludes: boolean;
  readonly steps: readonly PlanStep[];
}

/** Off for at least this long in a cycle (seed 003: off, wait 2 s, on). */
const cyclePauseMs = 2_000;

/** What changes the hardware; the rest waits. */
export const isAct = (step: PlanStep): boolean =>
  step.kind !== "await" && step.kind !== "pause" && step.kind !== "rest";

/** Done twice, it undoes or repeats itself. */
export const isToggle = (step: PlanStep): boolean => isAct(step) && step.kind !== "switch";

/** The line that an act touches. */
export function lineOf(step: PlanStep, control: DomainControl): string | undefined {
  switch (step.kind) {
    case "press":
      return control.powerButton?.line;
    case "hold":
      return control.forceOff?.line ?? control.powerButton?.line;
    case "reset":
      return control.resetButton?.line;
    case "switch":
      return control.rail?.line;
    case "await":
    case "pause":
    case "rest":
      return undefined;
    default:
      return step satisfies never;
  }
}

/**
 * What an operation may act on, whatever it finds: its lock. An off takes everything it would leave without power;
 * an on takes the dependencies that it would have to switch.
 */
export function footprint(component: ComponentName, verb: Verb, view: PlanView): ReadonlySet<ComponentName> {
  if (verb === "on") {
    const missing = upward(component, view).filter((name) => view.power(name) !== "on");
    return new Set([...missing, component]);
  }
  if (verb === "reset") return new Set([component]);
  return new Set(downward(component, view));
}

/** Dependencies first on the way up, dependents first on the way down (DESIGN §8, Sequencer). Pure. */
export function plan(component: ComponentName, verb: Verb, view: PlanView): readonly PlanPart[] {
  switch (verb) {
    case "on":
      return upward(component, view)
        .filter((name) => name === component || view.power(name) !== "on")
        .map((name) => ({ component: name, verb, concludes: true, steps: stepsOn(name, name === component, view) }));
    case "off":
      return downward(component, view)
        .filter((name) => name === component || view.power(name) !== "off")
        .map((name) => ({
          component: name,
          verb,
          concludes: true,
          steps: [...pauseBeforeOff(name, component, view), ...stepsOff(name, view)],
        }));
    case "force-off":
      return stepsForceOff(component, view);
    case "reset":
      return [{ component, verb, concludes: true, steps: [{ kind: "reset", component }] }];
    case "cycle":
      return stepsCycle(component, view);
    case "emergency-off":
      return downward(component, view).flatMap((name) => stepsForceOff(name, view));
    default:
      return verb satisfies never;
  }
}

function stepsOn(component: ComponentName, isLast: boolean, view: PlanView): PlanStep[] {
  const { backend, timing, sequence } = view.domain(component);
  const act: PlanStep =
    controlOf(backend) === "rail"
      ? { kind: "switch", component, to: "on" }
      : { kind: "press", component, toward: "on" };
  const steps: PlanStep[] = [act, { kind: "await", component, power: "on", timeout: timing.powerGood }];
  // Inrush: what depends on this domain waits until it has settled.
  if (!isLast && sequence.onDelay > 0) steps.push({ kind: "pause", component, duration: sequence.onDelay });
  return steps;
}

/** A rail waits a while after the last of its dependents has gone off. */
function pauseBeforeOff(name: ComponentName, root: ComponentName, view: PlanView): PlanStep[] {
  const { offDelay } = view.domain(name).sequence;
  const goesLast = name === root && downward(root, view).some((other) => other !== root && view.power(other) !== "off");
  return goesLast && offDelay > 0 ? [{ kind: "pause", component: name, duration: offDelay }] : [];
}

function stepsOff(component: ComponentName, view: PlanView): PlanStep[] {
  const { backend, timing } = view.domain(component);
  if (controlOf(backend) === "rail") {
    return [
      { kind: "switch", component, to: "off" },
      { kind: "await", component, power: "off", timeout: timing.powerGood },
    ];
  }
  return [
    { kind: "press", component, toward: "off" },
    { kind: "await", component, power: "off", timeout: timing.gracefulOff },
  ];
}

/** A host is held off by its button; a rail is cut at once, and its dependents lose power with it (EMERGENCY_SHUTDOWN). */
function stepsForceOff(component: ComponentName, view: PlanView): PlanPart[] {
  const { backend } = view.domain(component);
  const seenOff = (name: ComponentName): PlanStep => ({
    kind: "await",
    component: name,
    power: "off",
    timeout: view.domain(name).timing.powerGood,
  });
  if (controlOf(backend) === "buttons") {
    return [
      { component, verb: "force-off", concludes: true, steps: [{ kind: "hold", component }, seenOff(component)] },
    ];
  }
  const dependents = downward(component, view).filter((name) => name !== component && view.power(name) !== "off");
  return [
    {
      component,
      verb: "force-off",
      concludes: true,
      steps: [{ kind: "switch", component, to: "off" }, seenOff(component)],
    },
    ...dependents.map(
      (name): PlanPart => ({ component: name, verb: "force-off", concludes: true, steps: [seenOff(name)] }),
    ),
  ];
}

/** Off in the order of an off, a pause, and on again in reverse: what was off before stays so. */
function stepsCycle(component: ComponentName, view: PlanView): PlanPart[] {
  const down = plan(component, "off", view);
  const up = down.toReversed().map(({ component: name }, index): PlanPart => {
    const rest: PlanStep = { kind: "rest", component: name, least: view.domain(name).timing.minimumOff };
    const steps = [rest, ...stepsOn(name, index === down.length - 1, view)];
    return {
      component: name,
      verb: "cycle",
      concludes: true,
      steps: index === 0 ? [cyclePause(component), ...steps] : steps,
    };
  });
  return [...down.map((part): PlanPart => ({ ...part, verb: "cycle", concludes: false })), ...up];
}

const cyclePause = (component: ComponentName): PlanStep => ({
  kind: "pause",
  component,
  duration: milliseconds(cyclePauseMs),
});
