import { type busbar, busbar as messages, type StateChangeMessage } from "@busbar/contracts";
import { enumWord } from "../output/words.ts";
import { revisionShape } from "./component-state.ts";
import { textOrNull } from "./text.ts";
import { isoTime } from "./time.ts";

/** A state change, from the history or from an event. */
export interface StateChangeShape {
  readonly component: string;
  readonly previous_status: string;
  readonly current_status: string;
  /** The action that it belongs to; null when nobody asked. */
  readonly cause: string | null;
  readonly reason: string;
  readonly changed_at: string | null;
  readonly previous_duration_ms: number;
  readonly operation_id: string | null;
  readonly actor: string | null;
  readonly request_id: string | null;
  readonly error_code: string | null;
  readonly message: string | null;
  readonly revision: { readonly epoch: string; readonly id: number };
}

export const stateChangeShape = (change: busbar.v1.StateChange.$Properties): StateChangeShape => ({
  component: change.component ?? "",
  previous_status: change.previousStatus ?? "",
  current_status: change.currentStatus ?? "",
  cause: textOrNull(change.cause),
  changed_at: isoTime(change.changedAt),
  ...originShape(change.origin),
});

export const stateChangeEventShape = (change: StateChangeMessage): StateChangeShape => ({
  component: change.component,
  previous_status: change.previous,
  current_status: change.current,
  cause: change.cause ?? null,
  changed_at: isoTime(change.changedAt),
  ...originShape(change.origin),
});

const originShape = (origin: busbar.v1.StateChangeOrigin.$Properties | null | undefined) => ({
  reason: enumWord(messages.v1.StateChangeReason, "STATE_CHANGE_REASON_", origin?.reason ?? 0),
  previous_duration_ms: Number(origin?.previousDurationMs ?? 0),
  operation_id: textOrNull(origin?.operationId),
  actor: textOrNull(origin?.actor),
  request_id: textOrNull(origin?.requestId),
  error_code: textOrNull(origin?.errorCode),
  message: textOrNull(origin?.message),
  revision: revisionShape(origin?.revision),
});
