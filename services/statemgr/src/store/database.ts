import { randomUUID } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { BusbarError } from "@busbar/contracts";
import Sqlite from "better-sqlite3";
import { migrations } from "./migrations.ts";

export type Database = Sqlite.Database;

export interface OpenedDatabase {
  readonly database: Database;
  /** Names this database's revisions; another epoch means another database. */
  readonly epoch: string;
  /** Where a damaged predecessor was put, if there was one. */
  readonly keptAside: string | undefined;
}

/** SQLite result codes of a file that is no longer one. */
const damaged = new Set(["SQLITE_CORRUPT", "SQLITE_NOTADB"]);

/**
 * Opens or creates the database. A damaged file is kept aside and a new one begun: the state is rebuilt from hardware.
 * @throws BusbarError FAILED_PRECONDITION when the file was written by a newer version, UNAVAILABLE when it can't be opened
 */
export function openDatabase(directory: string): OpenedDatabase {
  const path = join(directory, "statemgr.db");
  try {
    return { ...open(path), keptAside: undefined };
  } catch (error) {
    if (error instanceof BusbarError) throw error;
    if (!(error instanceof Sqlite.SqliteError && damaged.has(error.code))) {
      throw new BusbarError("UNAVAILABLE", `${path} can't be opened: ${(error as Error).message}`, {
        component: path,
        remedy: "check the data directory's permissions and space",
        cause: error,
      });
    }
    const aside = `${path}.damaged-${Date.now()}`;
    for (const suffix of ["", "-wal", "-shm"]) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    }
    return { ...open(path), keptAside: aside };
  }
}

function open(path: string): { database: Database; epoch: string } {
  const database = new Sqlite(path);
  try {
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.pragma("foreign_keys = ON");
    const [check] = database.pragma("quick_check(1)") as { quick_check: string }[];
    if (check?.quick_check !== "ok") throw new Sqlite.SqliteError(check?.quick_check ?? "damaged", "SQLITE_CORRUPT");
    migrate(database, path);
    return { database, epoch: epochOf(database) };
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: Database, path: string): void {
  const version = Number(database.pragma("user_version", { simple: true }));
  if (version > migrations.length) {
    throw new BusbarError(
      "FAILED_PRECONDITION",
      `${path} has schema ${version}, this version knows ${migrations.length}`,
      {
        component: path,
        reason: "newer-database",
        remedy: "start the newer version again, or move the file away (the state is then rebuilt from hardware)",
      },
    );
  }
  const apply = database.transaction(() => {
    for (const statements of migrations.slice(version)) database.exec(statements);
    database.pragma(`user_version = ${migrations.length}`);
  });
  if (version < migrations.length) apply.immediate();
}

function epochOf(database: Database): string {
  database.prepare("INSERT OR IGNORE INTO setting (name, value) VALUES ('epoch', ?)").run(randomUUID());
  const row = database.prepare("SELECT value FROM setting WHERE name = 'epoch'").get() as { value: string };
  return row.value;
}
