import type { Power } from "@busbar/backend";
import type { Action, ComponentName, ErrorCode, Milliseconds, Verb } from "@busbar/contracts";

/** What is asked of the engine. The id is statemgr's (DESIGN §5). */
export interface PowerRequest {
  readonly id: string;
  readonly component: ComponentName;
  readonly verb: Verb;
  readonly action: Action;
  readonly actor: string;
  /** From admission to the verified end. */
  readonly timeout: Milliseconds;
}

export type OperationState =
  | "queued"
  | "running"
  | "verifying"
  | "succeeded"
  | "failed"
  | "aborted"
  | "timed-out"
  | "outcome-unknown"
  | "tombstone";

const finalStates: ReadonlySet<OperationState> = new Set([
  "succeeded",
  "failed",
  "aborted",
  "timed-out",
  "outcome-unknown",
  "tombstone",
]);

export const isFinal = (state: OperationState): boolean => finalStates.has(state);

/** One act or wait, as it went. Times are wall time for people; order is the list's. */
export interface StepRecord {
  readonly kind: string;
  readonly component: ComponentName;
  readonly line?: string;
  readonly startedAt: number;
  durationMs?: number;
  outcome?: string;
}

/** How one component of an operation ended. */
export interface ComponentOutcome {
  readonly component: ComponentName;
  readonly verb: Verb;
  readonly success: boolean;
  readonly errorCode?: ErrorCode;
  readonly message?: string;
  readonly before: Power;
  readonly power: Power;
  readonly durationMs: number;
}

export interface Operation {
  readonly id: string;
  readonly component: ComponentName;
  readonly verb: Verb;
  readonly action: Action | "";
  readonly actor: string;
  readonly timeoutMs: number;
  readonly queuedAt: number;
  state: OperationState;
  startedAt?: number;
  finishedAt?: number;
  /** The components it acts on, in order; empty until it starts. */
  parts: readonly ComponentName[];
  readonly steps: StepRecord[];
  readonly outcomes: ComponentOutcome[];
}

/** The state an operation ends in when it failed for this reason. */
export function endStateOf(code: ErrorCode): OperationState {
  switch (code) {
    case "ABORTED":
      return "aborted";
    case "DEADLINE_EXCEEDED":
      return "timed-out";
    case "OUTCOME_UNKNOWN":
      return "outcome-unknown";
    default:
      return "failed";
  }
}
