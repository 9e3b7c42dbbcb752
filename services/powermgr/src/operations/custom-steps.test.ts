import type { AuxiliaryLines } from "@busbar/backend";
import { componentName, milliseconds } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { beforeEach, describe, expect, it } from "vitest";
import { ToySignal } from "../testing/toy-signal.ts";
import { type CustomStep, customSteps, performCustom } from "./custom-steps.ts";

const host = componentName("host.0");

let clock: FakeClock;
let good: ToySignal;
let acts: string[];
let abort: AbortController;
let auxiliary: AuxiliaryLines;

const perform = (step: CustomStep) => performCustom(step, { control: { auxiliary }, clock, signal: abort.signal });
const awaitGood: CustomStep = {
  component: host,
  kind: "await-line",
  line: "aux-good",
  level: "active",
  within: milliseconds(300),
};

beforeEach(() => {
  clock = new FakeClock();
  good = new ToySignal("aux-good");
  acts = [];
  abort = new AbortController();
  auxiliary = {
    set: async (line, to) => {
      acts.push(`${line} ${to}`);
    },
    signal: () => good,
  };
});

it("a platform's sequence becomes steps of the plan, in its order", () => {
  const sequence = {
    onDelay: milliseconds(0),
    offDelay: milliseconds(0),
    beforeOn: [
      { type: "set", line: "aux-enable", to: "active" },
      { type: "await", line: "aux-good", level: "active", within: milliseconds(300) },
      { type: "pause", duration: milliseconds(50) },
    ],
  } as const;
  expect(customSteps(host, sequence, "beforeOn")).toEqual([
    { component: host, kind: "set-line", line: "aux-enable", to: "active" },
    awaitGood,
    { component: host, kind: "pause", duration: 50 },
  ]);
  expect(customSteps(host, sequence, "afterOff")).toEqual([]);
});

describe("a step", () => {
  it("sets its line", async () => {
    await perform({ component: host, kind: "set-line", line: "aux-enable", to: "inactive" });
    expect(acts).toEqual(["aux-enable inactive"]);
  });

  it("ends as soon as the line has the level that it awaits", async () => {
    const step = perform(awaitGood);
    await clock.elapse(299);
    good.change("active", 299);
    expect(await step).toBe("done");
    expect([good.listeners, clock.pending]).toEqual([0, 0]);
  });

  it("does not wait for a level that the line has already", async () => {
    good.state = "active";
    expect(await perform(awaitGood)).toBe("done");
    expect(clock.pending).toBe(0);
  });

  it("reads the line once more at the end of its time: the edge may have been missed", async () => {
    const step = perform(awaitGood);
    await clock.elapse(100);
    good.state = "active";
    await clock.elapse(200);
    expect(await step).toBe("done");
  });

  it.each(["inactive", "unknown"] as const)("fails by its time when the line is %s", async (state) => {
    good.state = state;
    const step = perform(awaitGood).catch((error: unknown) => error);
    await clock.elapse(300);
    expect(await step).toMatchObject({
      code: "POWER_GOOD_TIMEOUT",
      component: host,
      reason: "aux-good-not-active",
      message: expect.stringMatching(new RegExp(`aux-good of host.0 is ${state}`)),
    });
    expect(good.listeners).toBe(0);
  });

  it.each([awaitGood, { component: host, kind: "pause", duration: milliseconds(500) }] as const)(
    "ends when the operation is aborted: $kind",
    async (step) => {
      const reason = new Error("superseded");
      const ended = perform(step).catch((error: unknown) => error);
      await clock.elapse(10);
      abort.abort(reason);
      expect(await ended).toBe(reason);
      expect(clock.pending).toBe(0);
    },
  );

  it("pauses", async () => {
    const step = perform({ component: host, kind: "pause", duration: milliseconds(50) });
    await clock.elapse(49);
    expect(clock.pending).toBe(1);
    await clock.elapse(1);
    expect(await step).toBe("done");
  });

  it("is refused where the backend has no auxiliary lines", async () => {
    const step = performCustom(awaitGood, { control: {}, clock, signal: abort.signal });
    await expect(step).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "no-auxiliary-lines" });
  });
});
