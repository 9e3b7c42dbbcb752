import { busbar, type ErrorCode, errorCodes, timestamp } from "@busbar/contracts";
import type {
  ComponentOutcome,
  Operation,
  OperationSource,
  OperationState,
  StepRecord,
} from "../operations/operation.ts";

const v1 = busbar.v1;

export const operationStates: Readonly<Record<OperationState, busbar.v1.OperationState>> = {
  queued: v1.OperationState.OPERATION_STATE_QUEUED,
  running: v1.OperationState.OPERATION_STATE_RUNNING,
  verifying: v1.OperationState.OPERATION_STATE_VERIFYING,
  succeeded: v1.OperationState.OPERATION_STATE_SUCCEEDED,
  failed: v1.OperationState.OPERATION_STATE_FAILED,
  aborted: v1.OperationState.OPERATION_STATE_ABORTED,
  "timed-out": v1.OperationState.OPERATION_STATE_TIMED_OUT,
  "outcome-unknown": v1.OperationState.OPERATION_STATE_OUTCOME_UNKNOWN,
  "rolled-back": v1.OperationState.OPERATION_STATE_ROLLED_BACK,
  tombstone: v1.OperationState.OPERATION_STATE_TOMBSTONE,
};

const sources: Readonly<Record<OperationSource, busbar.v1.OperationSource>> = {
  statemgr: v1.OperationSource.OPERATION_SOURCE_STATEMGR,
  bypass: v1.OperationSource.OPERATION_SOURCE_BYPASS,
  emergency: v1.OperationSource.OPERATION_SOURCE_EMERGENCY,
  "front-panel": v1.OperationSource.OPERATION_SOURCE_FRONT_PANEL,
};

const codeNumber = (code: ErrorCode | undefined) => (code === undefined ? 0 : errorCodes[code].number);

export const operationMessage = (operation: Operation): busbar.v1.Operation.$Properties => ({
  id: operation.id,
  component: operation.component,
  action: operation.action,
  state: operationStates[operation.state],
  actor: operation.actor,
  queuedAt: timestamp(operation.queuedAt),
  ...(operation.startedAt !== undefined && { startedAt: timestamp(operation.startedAt) }),
  ...(operation.finishedAt !== undefined && { finishedAt: timestamp(operation.finishedAt) }),
  steps: operation.steps.map(stepMessage),
  outcomes: operation.outcomes.map(outcomeMessage),
  // A journal of an older version does not say.
  source: sources[operation.source] ?? v1.OperationSource.OPERATION_SOURCE_UNSPECIFIED,
  requestId: operation.requestId ?? "",
  traceparent: operation.traceparent ?? "",
  // A tombstone is of no verb: nothing arrived.
  verb: operation.state === "tombstone" ? "" : operation.verb,
  errorCode: codeNumber(operation.failure?.code),
  message: operation.failure?.message ?? "",
  overridden: [...(operation.overridden ?? [])],
});

const stepMessage = (step: StepRecord): busbar.v1.OperationStep.$Properties => ({
  kind: step.kind,
  component: step.component,
  line: step.line ?? "",
  startedAt: timestamp(step.startedAt),
  durationMs: Math.round(step.durationMs ?? 0),
  outcome: step.outcome ?? "",
  attempts: step.attempts ?? 0,
});

const outcomeMessage = (outcome: ComponentOutcome): busbar.v1.ComponentOutcome.$Properties => ({
  component: outcome.component,
  verb: outcome.verb,
  success: outcome.success,
  errorCode: codeNumber(outcome.errorCode),
  message: outcome.message ?? "",
  power: outcome.power,
});
