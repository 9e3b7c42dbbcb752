import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDatabase } from "./database.ts";
import { migrations } from "./migrations.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "database-"));
  path = join(directory, "statemgr.db");
});

afterEach(() => rmSync(directory, { recursive: true }));

it("keeps its epoch across openings, and syncs every commit", () => {
  const first = openDatabase(directory);
  expect(first.database.pragma("journal_mode", { simple: true })).toBe("wal");
  expect(first.database.pragma("synchronous", { simple: true })).toBe(2);
  first.database.close();
  const second = openDatabase(directory);
  expect(second.epoch).toBe(first.epoch);
  second.database.close();
});

it.each([
  ["that is no database", () => writeFileSync(path, "x".repeat(10_000))],
  [
    "that was truncated",
    () => {
      openDatabase(directory).database.close();
      truncateSync(path, statSync(path).size / 2);
    },
  ],
])("a file %s is kept aside, and a new database begun under a new epoch", (_what, spoil) => {
  spoil();
  const { database, keptAside, epoch } = openDatabase(directory);
  expect(keptAside).toBeDefined();
  expect(readdirSync(directory).some((file) => file.includes(".damaged-"))).toBe(true);
  expect(epoch).toMatch(/^[0-9a-f-]{36}$/);
  expect(database.prepare("SELECT count(*) AS count FROM component").get()).toEqual({ count: 0 });
  database.close();
});

it("a file of a newer version is refused and left alone", () => {
  const { database } = openDatabase(directory);
  database.pragma("user_version = 999");
  database.close();
  expect(() => openDatabase(directory)).toThrowError(/schema 999/);
  expect(readdirSync(directory).filter((file) => file.includes("damaged"))).toEqual([]);
});

it("a file of the first version keeps its rows and gets what came since", () => {
  const [first = ""] = migrations;
  const old = new Sqlite(path);
  old.exec(first);
  old.pragma("user_version = 1");
  old.prepare("INSERT INTO outbox (subject, data) VALUES ('kept', x'01')").run();
  old.close();
  const { database, keptAside } = openDatabase(directory);
  expect(keptAside).toBeUndefined();
  expect(database.prepare("SELECT * FROM outbox").get()).toMatchObject({ subject: "kept", traceparent: null });
  expect(database.pragma("user_version", { simple: true })).toBe(migrations.length);
  database.close();
});
