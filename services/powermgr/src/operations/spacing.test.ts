import { setImmediate as nextTurn } from "node:timers/promises";
import { BusbarError, milliseconds } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { beforeEach, expect, it } from "vitest";
import { Spacing } from "./spacing.ts";

let clock: FakeClock;
let delay: number;
let spacing: Spacing;
let acts: string[];

beforeEach(() => {
  clock = new FakeClock();
  delay = 5_000;
  spacing = new Spacing(clock, () => milliseconds(delay));
  acts = [];
});

const never = new AbortController().signal;

/** An act that takes `ms` and notes when it began. */
const act =
  (name: string, ms = 0, outcome = "done") =>
  async () => {
    acts.push(`${name} at ${clock.monotonic()}`);
    if (ms > 0) await clock.sleep(milliseconds(ms));
    return outcome;
  };

const pass = (name: string, signal = never, ms = 0, outcome = "done") => spacing.pass(act(name, ms, outcome), signal);

it("the first act goes at once, the others one delay apart in the order they came", async () => {
  void pass("a");
  void pass("b");
  void pass("c");
  await clock.elapse(20_000);
  expect(acts).toEqual(["a at 0", "b at 5000", "c at 10000"]);
});

it("the delay begins when the act before is over", async () => {
  void pass("a", never, 200);
  void pass("b");
  await clock.elapse(20_000);
  expect(acts).toEqual(["a at 0", "b at 5200"]);
});

it("an act that had nothing to do keeps nobody waiting", async () => {
  void pass("a", never, 0, "no-op");
  void pass("b");
  await clock.elapse(0);
  await nextTurn();
  expect(acts).toEqual(["a at 0", "b at 0"]);
});

it("one that failed may have acted, so the next one waits for it", async () => {
  await expect(
    spacing.pass(async () => {
      throw new Error("line lost");
    }, never),
  ).rejects.toThrow("line lost");
  void pass("b");
  await clock.elapse(20_000);
  expect(acts).toEqual(["b at 5000"]);
});

it("whoever is aborted leaves at once, first in the line or last, and the others move up", async () => {
  const [first, last] = [new AbortController(), new AbortController()];
  void pass("a");
  const one = pass("b", first.signal).catch((error: unknown) => error);
  void pass("c");
  const other = pass("d", last.signal).catch((error: unknown) => error);
  await clock.elapse(1_000);
  const reason = new BusbarError("ABORTED", "enough");
  first.abort(reason);
  last.abort(reason);
  expect(await one).toBe(reason);
  expect(await other).toBe(reason);
  expect(clock.monotonic()).toBe(1_000);
  await clock.elapse(20_000);
  expect(acts).toEqual(["a at 0", "c at 5000"]);
});

it("a delay that changes while somebody waits counts from the next look on", async () => {
  void pass("a");
  void pass("b");
  void pass("c");
  await clock.elapse(1_000);
  delay = 1_000;
  await clock.elapse(20_000);
  expect(acts).toEqual(["a at 0", "b at 5000", "c at 6000"]);
});

it("what an earlier run of the process did is remembered", async () => {
  await clock.elapse(10_000);
  spacing.remember(milliseconds(8_000));
  void pass("a");
  await clock.elapse(20_000);
  expect(acts).toEqual(["a at 13000"]);
});
