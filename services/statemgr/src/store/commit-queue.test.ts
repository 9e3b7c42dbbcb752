import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BusbarError } from "@busbar/contracts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CommitQueue } from "./commit-queue.ts";
import { type Database, openDatabase } from "./database.ts";

let directory: string;
let database: Database;
let commits: CommitQueue;
let heard: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "commit-queue-"));
  database = openDatabase(directory).database;
  heard = [];
  commits = new CommitQueue(database, { committed: () => heard.push("committed"), failed: () => heard.push("failed") });
});

afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

const put = (name: string) => () =>
  void database.prepare("INSERT INTO setting (name, value) VALUES (?, 'x')").run(name);
const names = () =>
  (database.prepare("SELECT name FROM setting WHERE name <> 'epoch' ORDER BY name").all() as { name: string }[]).map(
    ({ name }) => name,
  );

it("all work of one turn shares one commit", async () => {
  await Promise.all([commits.commit(put("a")), commits.commit(put("b")), commits.commit(put("c"))]);
  expect(names()).toEqual(["a", "b", "c"]);
  expect(heard).toEqual(["committed"]);
});

it("work that throws undoes only itself", async () => {
  const failing = commits.commit(() => {
    put("half")();
    throw new BusbarError("CONFLICT", "no");
  });
  const results = await Promise.allSettled([commits.commit(put("a")), failing, commits.commit(put("b"))]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(names()).toEqual(["a", "b"]);
});

it("later work of a turn reads what earlier work of it wrote", async () => {
  const [, seen] = await Promise.all([commits.commit(put("a")), commits.commit(() => names())]);
  expect(seen).toEqual(["a"]);
});

it("a full disk answers everybody UNAVAILABLE, keeps nothing, and is over when there is room", async () => {
  const pages = Number(database.pragma("page_count", { simple: true }));
  database.pragma(`max_page_count = ${pages}`);
  const big = () =>
    void database.prepare("INSERT INTO setting (name, value) VALUES ('big', ?)").run("x".repeat(1_000_000));
  const results = await Promise.allSettled([commits.commit(put("a")), commits.commit(big), commits.commit(put("b"))]);
  expect(
    results.map((result) => (result.status === "rejected" ? (result.reason as BusbarError).code : "stored")),
  ).toEqual(["UNAVAILABLE", "UNAVAILABLE", "UNAVAILABLE"]);
  expect(names()).toEqual([]);
  database.pragma("max_page_count = 100000");
  await commits.commit(put("c"));
  expect(names()).toEqual(["c"]);
  expect(heard).toEqual(["failed", "committed"]);
});
