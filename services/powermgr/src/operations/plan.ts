import type { DomainControl, Power } from "@busbar/backend";
import { type ComponentName, type Milliseconds, milliseconds, type Verb } from "@busbar/contracts";
import { controlOf, type DomainGraph, type PowerDomain } from "@busbar/platform";
import { type CustomStep, customSteps } from "./custom-steps.ts";

/** One physical act or wait. `press`, `hold` and `reset` are toggles; `switch` and `set-line` are levels. */
export type PlanStep = CustomStep | OwnStep;

type OwnStep = { readonly component: ComponentName } & (
  | { readonly kind: "press"; readonly toward: "on" | "off" }
  | { readonly kind: "hold" }
  | { readonly kind: "reset" }
  | { readonly kind: "switch"; readonly to: "on" | "off" }
  | { readonly kind: "await"; readonly power: "on" | "off"; readonly timeout: Milliseconds }
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
  /** Its outcome is known when they are done; a cycle has a part before that, and so has an emergency off. */
  readonly concludes: boolean;
  /** Parts, by their place in the plan, that must be over before; all of them come before this one. */
  readonly after: readonly number[];
  /** Goes on when one before it failed: in an emergency a host that stays on doesn't keep its rail on. */
  readonly regardless?: true;
  readonly steps: readonly PlanStep[];
}

/** A journal written before plans were graphs holds parts without `after`, each to follow the one before it. */
export type StoredPart = Omit<PlanPart, "after"> & Partial<Pick<PlanPart, "after">>;

export const afterOf = ({ after }: StoredPart, index: number): readonly number[] =>
  after ?? (index === 0 ? [] : [index - 1]);

/** Whether `later` only begins when `earlier` is over. */
export function follows(parts: readonly StoredPart[], later: number, earlier: number): boolean {
  const part = parts[later];
  if (part === undefined || later <= earlier) return false;
  const direct = afterOf(part, later);
  return direct.includes(earlier) || direct.some((between) => follows(parts, between, earlier));
}

/** Off for at least this long in a cycle (seed 003: off, wait 2 s, on). */
const cyclePauseMs = 2_000;

const waits: ReadonlySet<PlanStep["kind"]> = new Set(["await", "await-line", "pause", "rest"]);
const levels: ReadonlySet<PlanStep["kind"]> = new Set(["switch", "set-line"]);

/** What changes the hardware; the rest waits. */
export const isAct = ({ kind }: PlanStep): boolean => !waits.has(kind);

/** Done twice, it undoes or repeats itself. */
export const isToggle = (step: PlanStep): boolean => isAct(step) && !levels.has(step.kind);

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
    case "set-line":
    case "await-line":
      return step.line;
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

/**
 * Dependencies first on the way up, dependents first on the way down; what doesn't need each other goes side by side
 * (DESIGN §8, Sequencer). Pure.
 */
export function plan(component: ComponentName, verb: Verb, view: PlanView): readonly PlanPart[] {
  switch (verb) {
    case "on":
      return planOn(component, view);
    case "off":
      return planOff(component, view);
    case "force-off":
      return planForceOff(component, view);
    case "reset":
      return [{ component, verb, concludes: true, after: [], steps: [{ kind: "reset", component }] }];
    case "cycle":
      return planCycle(component, view);
    case "emergency-off":
      return planEmergencyOff(component, view);
    default:
      return verb satisfies never;
  }
}

/** The places of those in `names` that `component` needs, or that need it, at any distance. */
function placesOf(
  component: ComponentName,
  along: "dependencies" | "dependents",
  names: readonly ComponentName[],
  { graph }: PlanView,
): readonly number[] {
  const related = new Set(graph.closure([component], along));
  return names.flatMap((name, place) => (name !== component && related.has(name) ? [place] : []));
}

function planOn(component: ComponentName, view: PlanView): PlanPart[] {
  const names = upward(component, view).filter((name) => name === component || view.power(name) !== "on");
  return names.map((name) => ({
    component: name,
    verb: "on",
    concludes: true,
    after: placesOf(name, "dependencies", names, view),
    steps: stepsOn(name, name === component, view),
  }));
}

function stepsOn(component: ComponentName, isLast: boolean, view: PlanView): PlanStep[] {
  const { backend, timing, sequence } = view.domain(component);
  const act: PlanStep =
    controlOf(backend) === "rail"
      ? { kind: "switch", component, to: "on" }
      : { kind: "press", component, toward: "on" };
  const seen: PlanStep = { kind: "await", component, power: "on", timeout: timing.powerGood };
  const steps: PlanStep[] = [...customSteps(component, sequence, "beforeOn"), act, seen];
  // Inrush: what depends on this domain waits until it has settled.
  if (!isLast && sequence.onDelay > 0) steps.push({ kind: "pause", component, duration: sequence.onDelay });
  return steps;
}

function planOff(component: ComponentName, view: PlanView): PlanPart[] {
  const names = downward(component, view).filter((name) => name === component || view.power(name) !== "off");
  return names.map((name) => ({
    component: name,
    verb: "off",
    concludes: true,
    after: placesOf(name, "dependents", names, view),
    steps: [...pauseBeforeOff(name, component, view), ...stepsOff(name, view)],
  }));
}

/** A rail waits a while after the last of its dependents has gone off. */
function pauseBeforeOff(name: ComponentName, root: ComponentName, view: PlanView): PlanStep[] {
  const { offDelay } = view.domain(name).sequence;
  const goesLast = name === root && downward(root, view).some((other) => other !== root && view.power(other) !== "off");
  return goesLast && offDelay > 0 ? [{ kind: "pause", component: name, duration: offDelay }] : [];
}

function stepsOff(component: ComponentName, view: PlanView): PlanStep[] {
  const { backend, timing } = view.domain(component);
  if (controlOf(backend) === "rail") return [{ kind: "switch", component, to: "off" }, ...seenOff(component, view)];
  return [{ kind: "press", component, toward: "off" }, ...seenOff(component, view, timing.gracefulOff)];
}

/** Power-good goes with the power itself, unless something has to shut down first; then comes what the platform adds. */
function seenOff(component: ComponentName, view: PlanView, timeout?: Milliseconds): PlanStep[] {
  const { timing, sequence } = view.domain(component);
  const seen: PlanStep = { kind: "await", component, power: "off", timeout: timeout ?? timing.powerGood };
  return [seen, ...customSteps(component, sequence, "afterOff")];
}

/** What takes the power without asking. */
const cut = (component: ComponentName, view: PlanView): PlanStep =>
  controlOf(view.domain(component).backend) === "buttons"
    ? { kind: "hold", component }
    : { kind: "switch", component, to: "off" };

/** A host is held off by its button; a rail is cut at once, and its dependents lose power with it (EMERGENCY_SHUTDOWN). */
function planForceOff(component: ComponentName, view: PlanView): PlanPart[] {
  const isRail = controlOf(view.domain(component).backend) === "rail";
  const dependents = downward(component, view).filter((name) => name !== component && view.power(name) !== "off");
  const part = { verb: "force-off", concludes: true } as const;
  return [
    { ...part, component, after: [], steps: [cut(component, view), ...seenOff(component, view)] },
    ...(isRail ? dependents : []).map(
      (name): PlanPart => ({ ...part, component: name, after: [0], steps: seenOff(name, view) }),
    ),
  ];
}

/**
 * All hosts at once, each rail when what it feeds is off or has been held; then power-good is looked at. A part of
 * acts that failed keeps nothing waiting: its component is told of at the end.
 */
function planEmergencyOff(component: ComponentName, view: PlanView): PlanPart[] {
  const names = downward(component, view);
  const part = { verb: "emergency-off", regardless: true } as const;
  const acts = names.map(
    (name): PlanPart => ({
      ...part,
      component: name,
      concludes: false,
      after: placesOf(name, "dependents", names, view),
      steps: [cut(name, view)],
    }),
  );
  const looks = names.map(
    (name, place): PlanPart => ({
      ...part,
      component: name,
      concludes: true,
      // A host that its button did not switch off goes off with its rail.
      after: [place, ...placesOf(name, "dependencies", names, view)],
      steps: seenOff(name, view),
    }),
  );
  return [...acts, ...looks];
}

/** Off in the order of an off, a pause, and on again in reverse: what was off before stays so. */
function planCycle(component: ComponentName, view: PlanView): PlanPart[] {
  const down = planOff(component, view);
  const names = down.map((part) => part.component).toReversed();
  const up = names.map((name, index): PlanPart => {
    const rest: PlanStep = { kind: "rest", component: name, least: view.domain(name).timing.minimumOff };
    const steps = [rest, ...stepsOn(name, index === names.length - 1, view)];
    const isFirst = index === 0;
    return {
      component: name,
      verb: "cycle",
      concludes: true,
      // The first one up was the last one down, and everything else needs it.
      after: isFirst ? [down.length - 1] : placesOf(name, "dependencies", names, view).map((p) => down.length + p),
      steps: isFirst ? [cyclePause(component), ...steps] : steps,
    };
  });
  return [...down.map((part): PlanPart => ({ ...part, verb: "cycle", concludes: false })), ...up];
}

const cyclePause = (component: ComponentName): PlanStep => ({
  kind: "pause",
  component,
  duration: milliseconds(cyclePauseMs),
});
