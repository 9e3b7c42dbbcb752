import {
  type Action,
  busbar,
  type ComponentName,
  encodeStateChange,
  type Status,
  subjects,
  timestamp,
} from "@busbar/contracts";
import type { ChangeReason, OperationRow, StateChangeRow, Tables } from "../store/tables.ts";

export interface Retention {
  readonly stateChanges: number;
  /** Events kept after the stream has them. */
  readonly events: number;
  /** Until which one the stream has them. */
  readonly published: () => number;
}

/** Ended operations are kept this long. */
const keepOperationsMs = 30 * 24 * 3_600_000;

export interface NewChange {
  readonly component: ComponentName;
  readonly previous: Status;
  readonly current: Status;
  readonly cause: Action | null;
  readonly reason: ChangeReason;
  readonly operation: OperationRow | undefined;
  readonly error: { readonly code: StateChangeRow["error_code"]; readonly message: string | null } | undefined;
  /** The component's row says the same. Milliseconds since 1970. */
  readonly changedAt: number;
  readonly previousDurationMs: number;
}

/** Changes between two rounds of deleting what is older than the retention. */
const pruneEvery = 256;

/** Writes a state change and the event that tells of it, side by side. */
export class ChangeLog {
  #tables: Tables;
  #epoch: string;
  #retention: Retention;

  constructor(tables: Tables, epoch: string, retention: Retention) {
    this.#tables = tables;
    this.#epoch = epoch;
    this.#retention = retention;
  }

  /** Told of every change as it is written; its transaction may still fail. */
  onChange: (change: NewChange) => void = () => {};

  /** @returns the change's id, which is its revision */
  add(change: NewChange): number {
    this.onChange(change);
    const row = {
      component: change.component,
      previous: change.previous,
      current: change.current,
      cause: change.cause,
      reason: change.reason,
      operation_id: change.operation?.id ?? null,
      actor: change.operation?.actor ?? null,
      request_id: change.operation?.request_id ?? null,
      error_code: change.error?.code ?? null,
      message: change.error?.message ?? null,
      changed_at: change.changedAt,
      previous_duration_ms: change.previousDurationMs,
    };
    const id = Number(this.#tables.addChange(row).lastInsertRowid);
    const message = encodeStateChange({
      component: change.component,
      previous: change.previous,
      current: change.current,
      cause: change.cause ?? undefined,
      changedAt: timestamp(row.changed_at),
      origin: originOf({ id, ...row }, this.#epoch),
    });
    const subject = subjects.transition(change.component);
    const traceparent = change.operation?.traceparent ?? null;
    const outboxId = Number(this.#tables.addOutbox(subject, message, traceparent).lastInsertRowid);
    if (id % pruneEvery === 0) {
      this.#tables.pruneChanges(this.#retention.stateChanges);
      this.#tables.pruneOutbox(Math.min(this.#retention.published(), outboxId - this.#retention.events));
      this.#tables.pruneRequests(row.changed_at);
      this.#tables.pruneOperations(row.changed_at - keepOperationsMs);
    }
    return id;
  }
}

export const originOf = (row: StateChangeRow, epoch: string): busbar.v1.StateChangeOrigin.$Properties => ({
  revision: { epoch, id: row.id },
  reason: busbar.v1.StateChangeReason[`STATE_CHANGE_REASON_${row.reason}`],
  operationId: row.operation_id ?? "",
  actor: row.actor ?? "",
  requestId: row.request_id ?? "",
  message: row.message ?? "",
  errorCode: row.error_code ?? "",
  previousDurationMs: Math.round(row.previous_duration_ms),
});
