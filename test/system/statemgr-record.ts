import { join } from "node:path";
import type { Action, ComponentName, Status, StatusRole } from "@busbar/contracts";
import Database from "better-sqlite3";

/** Rows as statemgr's schema has them (services/statemgr/src/store/migrations.ts). */
export interface ComponentRow {
  readonly name: ComponentName;
  readonly role: StatusRole;
  readonly observed: string;
  readonly operation_id: string | null;
  readonly revision: number;
}

export interface OperationRow {
  readonly id: string;
  readonly component: ComponentName;
  readonly action: Action;
  readonly verb: string;
  readonly request_id: string | null;
  readonly state: string;
  readonly error_code: string | null;
  readonly message: string | null;
  readonly finished_at: number | null;
}

export interface ChangeRow {
  readonly id: number;
  readonly component: ComponentName;
  readonly previous: Status;
  readonly current: Status;
  readonly cause: Action | null;
  readonly reason: string;
  readonly operation_id: string | null;
  readonly error_code: string | null;
  readonly message: string | null;
}

export interface EventRow {
  readonly id: number;
  readonly subject: string;
  readonly data: Uint8Array;
}

/** What statemgr has committed, at one moment. */
export interface StatemgrRecord {
  readonly epoch: string;
  readonly components: readonly ComponentRow[];
  readonly operations: readonly OperationRow[];
  readonly changes: readonly ChangeRow[];
  readonly outbox: readonly EventRow[];
}

/**
 * Reads the file itself: statemgr may be dead, and what is asked of it would be counted as frames. Opened for the moment
 * only, so that a statemgr that starts finds its file as its predecessor left it.
 */
function look<T>(dataDir: string, read: (database: Database.Database) => T): T {
  const database = new Database(join(dataDir, "statemgr", "statemgr.db"), { readonly: true, fileMustExist: true });
  try {
    return database.transaction(read)(database);
  } finally {
    database.close();
  }
}

const all = <Row>(database: Database.Database, sql: string) => database.prepare(sql).all() as Row[];

export const readComponents = (dataDir: string): readonly ComponentRow[] =>
  look(dataDir, (database) => all<ComponentRow>(database, "SELECT * FROM component ORDER BY name"));

export const readOpenOperations = (dataDir: string): readonly OperationRow[] =>
  look(dataDir, (database) => all<OperationRow>(database, "SELECT * FROM operation WHERE state = 'open'"));

/** State changes after one. */
export const readChanges = (dataDir: string, after: number): readonly ChangeRow[] =>
  look(
    dataDir,
    (database) => database.prepare("SELECT * FROM state_change WHERE id > ? ORDER BY id").all(after) as ChangeRow[],
  );

export const readStatemgr = (dataDir: string): StatemgrRecord =>
  look(dataDir, (database) => {
    const [epoch] = all<{ value: string }>(database, "SELECT value FROM setting WHERE name = 'epoch'");
    return {
      epoch: epoch?.value ?? "",
      components: all<ComponentRow>(database, "SELECT * FROM component ORDER BY name"),
      operations: all<OperationRow>(database, "SELECT * FROM operation ORDER BY accepted_at"),
      changes: all<ChangeRow>(database, "SELECT * FROM state_change ORDER BY id"),
      outbox: all<EventRow>(database, "SELECT * FROM outbox ORDER BY id"),
    };
  });
