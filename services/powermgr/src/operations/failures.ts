import { BusbarError, type ComponentName } from "@busbar/contracts";
import type { ComponentOutcome } from "./operation.ts";
import type { StoredPart } from "./plan.ts";

/** What an outcome in the journal says went wrong. */
export const errorOf = ({
  success,
  errorCode,
  message,
  reason,
  component,
}: ComponentOutcome): BusbarError | undefined =>
  success
    ? undefined
    : new BusbarError(errorCode ?? "POWER_OPERATION_FAILED", message ?? "failed", {
        component,
        ...(reason !== undefined && { reason }),
      });

/** A part that is not attempted because one before it failed. */
export const dependencyFailed = (part: StoredPart, failure: BusbarError): BusbarError =>
  failure.code === "ABORTED" || failure.code === "DEADLINE_EXCEEDED"
    ? failure
    : new BusbarError("DEPENDENCY_FAILED", `${part.component} was left alone: ${failure.message}`, {
        component: part.component,
        cause: failure,
        ...(failure.remedy && { remedy: failure.remedy }),
      });

/** It was switched on, and power-good never showed it. */
export const isMissingPowerGood = ({ code, reason }: BusbarError): boolean =>
  code === "POWER_GOOD_TIMEOUT" && reason === "power-good-not-on";

export const journalUnavailable = (component: ComponentName, operationId: string, cause: unknown): BusbarError =>
  new BusbarError("UNAVAILABLE", "the journal can't be written, so nothing is switched on or reset", {
    component,
    operationId,
    reason: "journal-unavailable",
    remedy: "make room on the data directory's disk",
    cause,
  });

/** A crash cut a toggle short, and nothing shows whether it took effect. */
export const interrupted = {
  duringReset: (component: ComponentName): BusbarError =>
    new BusbarError(
      "OUTCOME_UNKNOWN",
      "powermgr was restarted during the reset; whether it took effect can't be seen",
      {
        component,
        reason: "restarted-during-reset",
        remedy: "look at the host; reset it again if it needs that",
      },
    ),
  duringAct: (component: ComponentName, cause: BusbarError): BusbarError =>
    new BusbarError("OUTCOME_UNKNOWN", `powermgr was restarted during the act, and ${cause.message}`, {
      component,
      reason: "restarted-during-act",
      remedy: "look at the host, then try again",
      cause,
    }),
};
