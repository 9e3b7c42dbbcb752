import { busbar, errorCodes, timestamp } from "@busbar/contracts";
import type { ComponentOutcome, Operation, OperationState, StepRecord } from "../operations/operation.ts";

const v1 = busbar.v1;

const states: Readonly<Record<OperationState, busbar.v1.OperationState>> = {
  queued: v1.OperationState.OPERATION_STATE_QUEUED,
  running: v1.OperationState.OPERATION_STATE_RUNNING,
  verifying: v1.OperationState.OPERATION_STATE_VERIFYING,
  succeeded: v1.OperationState.OPERATION_STATE_SUCCEEDED,
  failed: v1.OperationState.OPERATION_STATE_FAILED,
  aborted: v1.OperationState.OPERATION_STATE_ABORTED,
  "timed-out": v1.OperationState.OPERATION_STATE_TIMED_OUT,
  "outcome-unknown": v1.OperationState.OPERATION_STATE_OUTCOME_UNKNOWN,
  tombstone: v1.OperationState.OPERATION_STATE_TOMBSTONE,
};

export const operationMessage = (operation: Operation): busbar.v1.Operation.$Properties => ({
  id: operation.id,
  component: operation.component,
  action: operation.action,
  state: states[operation.state],
  actor: operation.actor,
  queuedAt: timestamp(operation.queuedAt),
  ...(operation.startedAt !== undefined && { startedAt: timestamp(operation.startedAt) }),
  ...(operation.finishedAt !== undefined && { finishedAt: timestamp(operation.finishedAt) }),
  steps: operation.steps.map(stepMessage),
  outcomes: operation.outcomes.map(outcomeMessage),
});

const stepMessage = (step: StepRecord): busbar.v1.OperationStep.$Properties => ({
  kind: step.kind,
  component: step.component,
  line: step.line ?? "",
  startedAt: timestamp(step.startedAt),
  durationMs: Math.round(step.durationMs ?? 0),
  outcome: step.outcome ?? "",
});

const outcomeMessage = (outcome: ComponentOutcome): busbar.v1.ComponentOutcome.$Properties => ({
  component: outcome.component,
  verb: outcome.verb,
  success: outcome.success,
  errorCode: outcome.errorCode === undefined ? 0 : errorCodes[outcome.errorCode].number,
  message: outcome.message ?? "",
  power: outcome.power,
});
