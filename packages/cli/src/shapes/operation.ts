import { type busbar, errorCodeOf, busbar as messages } from "@busbar/contracts";
import { enumWord } from "../output/words.ts";
import { textOrNull } from "./text.ts";
import { isoTime } from "./time.ts";

export const operationShape = (operation: busbar.v1.Operation.$Properties) => ({
  id: operation.id ?? "",
  component: operation.component ?? "",
  action: operation.action ?? "",
  state: enumWord(messages.v1.OperationState, "OPERATION_STATE_", operation.state ?? 0),
  actor: textOrNull(operation.actor),
  queued_at: isoTime(operation.queuedAt),
  started_at: isoTime(operation.startedAt),
  finished_at: isoTime(operation.finishedAt),
  steps: (operation.steps ?? []).map(stepShape),
  outcomes: (operation.outcomes ?? []).map(outcomeShape),
});

export type OperationShape = ReturnType<typeof operationShape>;

const stepShape = (step: busbar.v1.OperationStep.$Properties) => ({
  kind: step.kind ?? "",
  component: step.component ?? "",
  line: textOrNull(step.line),
  started_at: isoTime(step.startedAt),
  duration_ms: step.durationMs ?? 0,
  /** Null while it goes on. */
  outcome: textOrNull(step.outcome),
});

export type StepShape = ReturnType<typeof stepShape>;

const outcomeShape = (outcome: busbar.v1.ComponentOutcome.$Properties) => ({
  component: outcome.component ?? "",
  verb: outcome.verb ?? "",
  success: outcome.success ?? false,
  power: outcome.power || "unknown",
  error_code: errorCodeOf(outcome.errorCode ?? 0) ?? null,
  message: textOrNull(outcome.message),
});
