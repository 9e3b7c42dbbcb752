import type { Action, ComponentName, ErrorCode, Outcome, Status, StatusRole, Verb } from "@busbar/contracts";
import type { Power } from "../machine/power-machine.ts";
import type { Database } from "./database.ts";

export interface ComponentRow {
  readonly name: ComponentName;
  readonly role: StatusRole;
  readonly verb: Verb | null;
  readonly previous: StatusRole;
  readonly intended: Power;
  readonly observed: Power;
  readonly action: Action | null;
  readonly operation_id: string | null;
  /** Milliseconds since 1970. */
  readonly changed_at: number;
  /** Id of the latest state change. */
  readonly revision: number;
}

/** `refused`: powermgr did not admit it. `unknown`: what came of it could not be learned. */
export type OperationState = "open" | "succeeded" | "failed" | "refused" | "aborted" | "unknown";

export interface OperationRow {
  readonly id: string;
  readonly component: ComponentName;
  readonly action: Action;
  readonly verb: Verb;
  readonly actor: string;
  readonly request_id: string | null;
  readonly state: OperationState;
  readonly error_code: ErrorCode | null;
  readonly message: string | null;
  readonly accepted_at: number;
  readonly finished_at: number | null;
  readonly boot_id: string;
  readonly deadline: number;
  readonly timeout_ms: number;
  readonly traceparent: string | null;
}

export type ChangeReason =
  | "REQUESTED"
  | "COMPLETED"
  | "FAILED"
  | "REFUSED"
  | "EXTERNAL"
  | "RECOVERED"
  | "OUTCOME_UNKNOWN"
  | "SUPERSEDED";

export interface StateChangeRow {
  readonly id: number;
  readonly component: ComponentName;
  readonly previous: Status;
  readonly current: Status;
  readonly cause: Action | null;
  readonly reason: ChangeReason;
  readonly operation_id: string | null;
  readonly actor: string | null;
  readonly request_id: string | null;
  readonly error_code: ErrorCode | null;
  readonly message: string | null;
  readonly changed_at: number;
  readonly previous_duration_ms: number;
}

export interface RequestRow {
  readonly actor: string;
  readonly subject: string;
  readonly request_id: string;
  readonly digest: string;
  readonly outcome: Outcome;
  readonly status: Status;
  readonly operation_id: string | null;
  /** Encoded Error: what powermgr's refusal answered. */
  readonly error: Buffer | null;
  readonly expires_at: number;
}

export interface OutboxTableRow {
  readonly id: number;
  readonly subject: string;
  readonly data: Buffer;
  readonly traceparent: string | null;
}

/** The statements, prepared once. Nothing here decides anything. */
export function tables(database: Database) {
  const one = <Row>(sql: string) => {
    const statement = database.prepare(sql);
    return (...values: unknown[]) => statement.get(...values) as Row | undefined;
  };
  const all = <Row>(sql: string) => {
    const statement = database.prepare(sql);
    return (...values: unknown[]) => statement.all(...values) as Row[];
  };
  const run = (sql: string) => {
    const statement = database.prepare(sql);
    return (...values: unknown[]) => statement.run(...values);
  };
  return {
    component: one<ComponentRow>("SELECT * FROM component WHERE name = ?"),
    components: all<ComponentRow>("SELECT * FROM component"),
    componentsOf: all<ComponentRow>("SELECT * FROM component WHERE operation_id = ?"),
    putComponent: run(
      `INSERT OR REPLACE INTO component (name, role, verb, previous, intended, observed, action, operation_id, changed_at, revision)
       VALUES (@name, @role, @verb, @previous, @intended, @observed, @action, @operation_id, @changed_at, @revision)`,
    ),
    setObserved: run("UPDATE component SET observed = ? WHERE name = ?"),

    operation: one<OperationRow>("SELECT * FROM operation WHERE id = ?"),
    openOperations: all<OperationRow>("SELECT * FROM operation WHERE state = 'open'"),
    addOperation: run(
      `INSERT INTO operation (id, component, action, verb, actor, request_id, state, accepted_at, boot_id, deadline, timeout_ms, traceparent)
       VALUES (@id, @component, @action, @verb, @actor, @request_id, @state, @accepted_at, @boot_id, @deadline, @timeout_ms, @traceparent)`,
    ),
    endOperation: run(
      "UPDATE operation SET state = ?, error_code = ?, message = ?, finished_at = ? WHERE id = ? AND state = 'open'",
    ),
    pruneOperations: run(`DELETE FROM operation WHERE state <> 'open' AND finished_at < ?`),

    addChange: run(
      `INSERT INTO state_change (component, previous, current, cause, reason, operation_id, actor, request_id, error_code, message, changed_at, previous_duration_ms)
       VALUES (@component, @previous, @current, @cause, @reason, @operation_id, @actor, @request_id, @error_code, @message, @changed_at, @previous_duration_ms)`,
    ),
    history: all<StateChangeRow>("SELECT * FROM state_change WHERE component = ? AND id < ? ORDER BY id DESC LIMIT ?"),
    lastChange: one<{ id: number | null }>("SELECT max(id) AS id FROM state_change"),
    pruneChanges: run("DELETE FROM state_change WHERE id <= (SELECT max(id) FROM state_change) - ?"),

    request: one<RequestRow>("SELECT * FROM request WHERE actor = ? AND subject = ? AND request_id = ?"),
    countRequests: one<{ count: number }>("SELECT count(*) AS count FROM request"),
    addRequest: run(
      `INSERT INTO request (actor, subject, request_id, digest, outcome, status, operation_id, error, expires_at)
       VALUES (@actor, @subject, @request_id, @digest, @outcome, @status, @operation_id, @error, @expires_at)`,
    ),
    refuseRequest: run("UPDATE request SET error = ? WHERE operation_id = ?"),
    forgetRequest: run("DELETE FROM request WHERE operation_id = ?"),
    pruneRequests: run("DELETE FROM request WHERE expires_at < ?"),

    addOutbox: run("INSERT INTO outbox (subject, data, traceparent) VALUES (?, ?, ?)"),
    nextOutbox: one<OutboxTableRow>("SELECT * FROM outbox WHERE id > ? ORDER BY id LIMIT 1"),
    pruneOutbox: run("DELETE FROM outbox WHERE id <= ?"),
  };
}

export type Tables = ReturnType<typeof tables>;
