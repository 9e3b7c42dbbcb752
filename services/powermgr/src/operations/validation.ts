import type { DomainControl } from "@busbar/backend";
import { BusbarError, type ComponentName } from "@busbar/contracts";
import type { PlanStep, PlanView } from "./plan.ts";

/** What may be refused right before it is done: all that isn't an off. */
export const switchesOn = (step: PlanStep): boolean =>
  (step.kind === "press" && step.toward === "on") ||
  (step.kind === "switch" && step.to === "on") ||
  step.kind === "reset";

/**
 * What a component needs must have its power-good now, whatever it had when the plan was made.
 * @throws BusbarError DEPENDENCY_FAILED
 */
export async function requireDependencies(
  component: ComponentName,
  { graph }: Pick<PlanView, "graph">,
  controls: ReadonlyMap<ComponentName, DomainControl>,
): Promise<void> {
  for (const need of graph.dependencies(component)) {
    const power = (await controls.get(need)?.sense.readStable()) ?? "unknown";
    if (power === "on") continue;
    throw new BusbarError(
      "DEPENDENCY_FAILED",
      `${component} was left alone: power-good of ${need}, which it needs, is ${power}`,
      {
        component,
        reason: `dependency-${power}`,
        remedy: `look at ${need}; then try again`,
      },
    );
  }
}
