import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "@busbar/daemon";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Latch, type LatchState, latchFile } from "./latch.ts";

let directory: string;
let run: string;
let disk: string;

const state: LatchState = {
  source: "request",
  reason: "smoke",
  actor: "ops",
  since: 1_000,
  components: ["chassis.0", "host.0"],
  operations: ["emergency-1"],
};

const open = () =>
  Latch.open({ directories: [run, disk], log: createLog({ name: "test", level: "silent" }), now: () => 5 });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "latch-"));
  run = join(directory, "run");
  disk = join(directory, "disk");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("holds at once, and in both places for the next start", async () => {
  const latch = await open();
  expect(latch.state).toBeUndefined();
  latch.set(state);
  expect(latch.state).toEqual(state);
  await latch.close();
  expect([existsSync(join(run, latchFile)), existsSync(join(disk, latchFile))]).toEqual([true, true]);
  expect((await open()).state).toEqual(state);
});

it("is found by a start that has only one of the places", async () => {
  const latch = await open();
  latch.set(state);
  await latch.close();
  rmSync(run, { recursive: true });
  expect((await open()).state).toEqual(state);
});

it("is gone from both places once cleared, whatever was still being written", async () => {
  const latch = await open();
  latch.set(state);
  await latch.clear();
  expect(latch.state).toBeUndefined();
  await latch.close();
  expect([existsSync(join(run, latchFile)), existsSync(join(disk, latchFile))]).toEqual([false, false]);
  expect((await open()).state).toBeUndefined();
});

it("holds when it is set anew while it is being cleared, also for the next start", async () => {
  const latch = await open();
  latch.set(state);
  const cleared = latch.clear();
  const anew: LatchState = { ...state, reason: "smoke again" };
  latch.set(anew);
  await expect(cleared).rejects.toMatchObject({ code: "CONFLICT", reason: "latched-anew" });
  expect(latch.state).toEqual(anew);
  await latch.close();
  expect((await open()).state).toEqual(anew);
});

describe("counts as set when its file", () => {
  it.each([
    ["is empty, as touch(1) makes it", ""],
    ["holds something else", "{}"],
    ["is cut short", '{"source":"request"'],
  ])("%s", async (_, text) => {
    mkdirSync(run, { recursive: true });
    writeFileSync(join(run, latchFile), text);
    expect((await open()).state).toMatchObject({ source: "found-latched", since: 5 });
  });

  it("can't be read", async () => {
    mkdirSync(join(run, latchFile), { recursive: true });
    expect((await open()).state?.reason).toContain("can't be read");
  });
});

it("stays set when a file of it can't be removed", async () => {
  const latch = await open();
  latch.set(state);
  await latch.close();
  // A directory in its place can't be removed as a file, not even by root.
  rmSync(join(disk, latchFile));
  mkdirSync(join(disk, latchFile, "in-the-way"), { recursive: true });
  const again = await open();
  await expect(again.clear()).rejects.toMatchObject({ code: "UNAVAILABLE", reason: "latch-unwritable" });
  expect(again.state).toBeDefined();
});

it("holds without any disk, says so, and is stored when there is one again", async () => {
  writeFileSync(disk, "a file where the directory should be");
  const latch = await open().catch(() => undefined);
  // The place itself can't be read: latched.
  expect(latch?.state?.source).toBe("found-latched");
  latch?.set(state);
  await vi.waitFor(() => expect(latch?.problem).toContain(disk), { timeout: 10_000 });
  expect(latch?.state).toEqual(state);
  rmSync(disk);
  await vi.waitFor(() => expect(latch?.problem).toBeUndefined(), { timeout: 20_000 });
  expect(JSON.parse(readFileSync(join(disk, latchFile), "utf8"))).toEqual(state);
  await latch?.close();
});
