import type { Power } from "@busbar/backend";
import type { Action, ComponentName, ErrorCode, Milliseconds, Verb } from "@busbar/contracts";
import type { PlanStep, StoredPart } from "./plan.ts";

/** Who decided that it be done. */
export type OperationSource = "statemgr" | "bypass" | "emergency" | "front-panel";

/** What is asked of the engine. The id is statemgr's (DESIGN §5). */
export interface PowerRequest {
  readonly id: string;
  readonly component: ComponentName;
  readonly verb: Verb;
  /** Empty for what no action of a component brings about: an emergency off. */
  readonly action: Action | "";
  readonly actor: string;
  readonly source: OperationSource;
  /** Of the request that began it all. */
  readonly requestId?: string;
  readonly traceparent?: string;
  /** Interlocks by name that shall not hold it back, where policy allows that. */
  readonly override?: readonly string[];
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
  /** It failed, and the rails that it had switched on are off again. */
  | "rolled-back"
  | "tombstone";

const finalStates: ReadonlySet<OperationState> = new Set([
  "succeeded",
  "failed",
  "aborted",
  "timed-out",
  "outcome-unknown",
  "rolled-back",
  "tombstone",
]);

export const isFinal = (state: OperationState): boolean => finalStates.has(state);

/** One act or wait, as it went. Times are wall time for people. */
export interface StepRecord {
  /** Where it is in the plan. */
  readonly part: number;
  readonly step: number;
  readonly kind: PlanStep["kind"];
  readonly component: ComponentName;
  readonly toward?: "on" | "off";
  readonly line?: string;
  /** What the hardware showed before a reset, where it shows resets at all. */
  readonly evidence?: string;
  readonly startedAt: number;
  /** CLOCK_BOOTTIME of the operation's boot id, of an act. */
  readonly boottime?: number;
  durationMs?: number;
  outcome?: string;
  /** How often a level was set. */
  attempts?: number;
}

/** How a press can end that never asserted its line. */
const untouched: ReadonlySet<string | undefined> = new Set([
  "no-op",
  "HARDWARE_UNAVAILABLE",
  "INTERLOCK_DENIED",
  "DEPENDENCY_FAILED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "DEADLINE_EXCEEDED",
]);

/** A press toward on that was made, or may have been. */
export const isPressOn = ({ kind, toward, outcome }: StepRecord): boolean =>
  kind === "press" && toward === "on" && !untouched.has(outcome);

/** How one component of an operation ended. */
export interface ComponentOutcome {
  readonly component: ComponentName;
  readonly verb: Verb;
  readonly success: boolean;
  readonly errorCode?: ErrorCode;
  readonly message?: string;
  /** Which rule or fact decided. */
  readonly reason?: string;
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
  readonly source: OperationSource;
  readonly requestId?: string;
  readonly traceparent?: string;
  /** Interlocks that it may override, until a CLOCK_BOOTTIME of the deadline's boot id. */
  readonly override?: { readonly interlocks: readonly string[]; readonly until: number };
  /** Interlocks that denied it and were overridden. */
  overridden?: readonly string[];
  readonly timeoutMs: number;
  readonly queuedAt: number;
  state: OperationState;
  startedAt?: number;
  finishedAt?: number;
  /** CLOCK_BOOTTIME of a boot id by which it ends. */
  readonly deadline: { readonly boot: string; readonly at: number };
  /** Made when it starts; the same one goes on after a crash. */
  plan?: readonly StoredPart[];
  /** Power of each component when it started. */
  before?: Readonly<Record<string, Power>>;
  readonly steps: StepRecord[];
  readonly outcomes: ComponentOutcome[];
  /** Why it ended otherwise than succeeded: what failed first. */
  failure?: OperationFailure;
}

export interface OperationFailure {
  readonly code: ErrorCode;
  readonly message: string;
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
