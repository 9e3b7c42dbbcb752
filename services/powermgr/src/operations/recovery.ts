import type { DomainControl, Power } from "@busbar/backend";
import type { ComponentName } from "@busbar/contracts";
import type { ComponentOutcome, Operation } from "./operation.ts";
import type { PlanView } from "./plan.ts";
import { awaitPower, elapsed } from "./steps.ts";

/** What an operation that a crash cut short had planned and not yet concluded. */
export function unsettled(operation: Operation): readonly ComponentName[] {
  const settled = new Set(operation.outcomes.map((outcome) => outcome.component));
  return operation.parts.filter((component) => !settled.has(component));
}

/**
 * How a component of such an operation ended. Nothing is done again: a begun toggle is judged by power-good alone, and
 * a reset, which leaves power-good as it was, is unknown (DESIGN §5).
 */
export async function settle(
  component: ComponentName,
  operation: Operation,
  control: DomainControl | undefined,
  view: PlanView,
): Promise<Pick<ComponentOutcome, "success" | "errorCode" | "message" | "power">> {
  if (!control)
    return {
      success: false,
      errorCode: "OUTCOME_UNKNOWN",
      message: `the platform has no ${component} any more`,
      power: "unknown",
    };
  const act = operation.steps.findLast((step) => step.component === component && step.line !== undefined);
  const failed = (code: "ABORTED" | "OUTCOME_UNKNOWN", message: string, power: Power) => ({
    success: false,
    errorCode: code,
    message,
    power,
  });
  if (!act) {
    return failed(
      "ABORTED",
      `powermgr was restarted before it acted on ${component}`,
      await control.sense.readStable(),
    );
  }
  if (act.kind === "reset") {
    return failed(
      "OUTCOME_UNKNOWN",
      "powermgr was restarted during the reset; whether the host took it can't be seen",
      await control.sense.readStable(),
    );
  }
  const wanted = operation.verb === "on" ? "on" : "off";
  const { timing } = view.domain(component);
  const patience = operation.verb === "off" && act.kind === "press" ? timing.gracefulOff : timing.powerGood;
  if (await awaitPower(control, wanted, elapsed(patience))) return { success: true, power: wanted };
  return failed(
    "OUTCOME_UNKNOWN",
    `powermgr was restarted during the ${act.kind}, and ${component} did not go ${wanted}`,
    await control.sense.readStable(),
  );
}
