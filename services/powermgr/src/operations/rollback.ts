import { BusbarError, type ComponentName, type Milliseconds } from "@busbar/contracts";
import { isPressOn, type Operation } from "./operation.ts";
import type { StoredPart } from "./plan.ts";

export interface RailToRollBack {
  readonly component: ComponentName;
  /** Where its steps are recorded: beyond the plan, the same place after a crash. */
  readonly place: number;
}

/**
 * The rails that a failed operation switched on itself, those first that need the others. One whose state was unknown
 * before may have been on already, and is not among them.
 */
export function railsToRollBack({ plan = [], steps, before, verb }: Operation): readonly RailToRollBack[] {
  if (verb !== "on" && verb !== "cycle") return [];
  return plan
    .flatMap(({ component, steps: planned }, index) => {
      const number = planned.findIndex((step) => step.kind === "switch" && step.to === "on");
      const isSwitched = steps.some((record) => record.part === index && record.step === number);
      const wasOff = verb === "cycle" || before?.[component] === "off";
      return number >= 0 && isSwitched && wasOff ? [{ component, place: plan.length + index }] : [];
    })
    .toReversed();
}

/** A host that was pressed on may run, though its power-good shows nothing of it: that line may be what is broken. */
export const mayRun = ({ steps }: Operation, host: ComponentName): boolean =>
  steps.some((step) => step.component === host && isPressOn(step));

export const rollbackPart = (component: ComponentName, powerGood: Milliseconds): StoredPart => ({
  component,
  verb: "off",
  concludes: false,
  after: [],
  steps: [
    { kind: "switch", component, to: "off" },
    { kind: "await", component, power: "off", timeout: powerGood },
  ],
});

export const hasRolledBack = ({ plan = [], steps }: Operation): boolean =>
  steps.some(({ part, kind, outcome }) => part >= plan.length && kind === "switch" && outcome === "done");

/** How such a rail ended: nothing is wrong with it. */
export const wasRolledBack = (component: ComponentName, failure: BusbarError): BusbarError =>
  new BusbarError("ABORTED", `${component} is off again, because: ${failure.message}`, {
    component,
    reason: "rolled-back",
  });
