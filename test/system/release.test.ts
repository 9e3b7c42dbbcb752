import type { Action, ComponentName } from "@busbar/contracts";
import type { JournalEntry } from "@busbar/hardware";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../e2e/bounded.ts";
import { pulsesOn } from "../e2e/journal.ts";
import { quickPlatformIn } from "../e2e/platform-files.ts";
import { CrashSuite, host0 } from "./crash-suite.ts";
import { killAndSee } from "./kill.ts";

/** DESIGN §11, rule 3. */
const releasedWithinMs = 1_000;

interface Cut {
  readonly name: string;
  readonly action: Action;
  readonly line: string;
  /** Into the pulse. */
  readonly afterMs: number;
  /** Longer it means something else to the board. */
  readonly belowMs: number;
}

/** In an order in which each finds the host as it needs it. Widths are those of platforms/simulated. */
const cuts: readonly Cut[] = [
  { name: "a press on", action: "HOST_ACTION_ON", line: "power-button-0", afterMs: 50, belowMs: 3_500 },
  { name: "a reset", action: "HOST_ACTION_REBOOT", line: "reset-button-0", afterMs: 20, belowMs: 1_100 },
  { name: "a press off", action: "HOST_ACTION_OFF", line: "power-button-0", afterMs: 50, belowMs: 3_500 },
  { name: "a hold", action: "HOST_ACTION_FORCE_OFF", line: "power-button-0", afterMs: 1_500, belowMs: 3_500 },
  {
    name: "the end of a hold",
    action: "HOST_ACTION_FORCE_OFF",
    line: "power-button-0",
    afterMs: 3_200,
    belowMs: 4_500,
  },
];

/** What an operating system that has heard nothing may take until its time is up. */
const gracefulOff = ["gracefulOff: 300s", "gracefulOff: 5s"] as const;

describe("a line that powermgr has asserted when it is killed", () => {
  let crash: CrashSuite;

  beforeAll(async () => {
    crash = await CrashSuite.start({
      name: "release",
      mayRefuse: ["INTERLOCK_DENIED"], // minimum off time
      platform: (directory) => quickPlatformIn(directory, { platform: [gracefulOff] }),
    });
  });

  afterAll(() => crash.stop());

  it.each(cuts)("is released within 1 s: $name", async ({ name, action, line, afterMs, belowMs }) => {
    const { board } = crash.suite;
    await board.clearFaults();
    if (action !== "HOST_ACTION_ON") await bringOn(host0);
    // A system that hears the beginning of the hold may go off by itself, and then the hold ends early.
    if (action === "HOST_ACTION_FORCE_OFF") await board.setFault({ kind: "os-ignores-button", component: host0 });
    const { seq } = await board.state();
    const killed = killDuring(line, afterMs, seq);
    await crash.client.ask(host0, action);
    await killed;

    const [pulse] = await eventually("the release", async () => {
      const pulses = pulsesOn(line, await board.entries(seq));
      return pulses.length > 0 ? pulses : undefined;
    });
    const gone = (await board.entries(seq)).find(isEndOfPowermgr);
    expect(pulse?.by).toBe("powermgr");
    expect(pulse?.width).toBeGreaterThanOrEqual(afterMs);
    expect(pulse?.width).toBeLessThan(belowMs);
    expect((pulse?.to ?? Number.NaN) - (gone?.at ?? Number.NaN)).toBeLessThan(releasedWithinMs);

    await crash.idle();
    const problems = await crash.settle();
    const place = problems.length > 0 && crash.keepEvidence(`release-${name.replaceAll(" ", "-")}-powermgr`, problems);
    expect(problems, `${place}`).toEqual([]);
    crash.forget();
  });

  it("was no hazard in the end", async () => {
    expect(await crash.verdict()).toEqual([]);
  });

  /** Kills powermgr once it has asserted the line for a while. */
  async function killDuring(line: string, afterMs: number, seq: number): Promise<void> {
    const { board } = crash.suite;
    const edge = await eventually("the assertion", async () => (await board.entries(seq)).find(isAssertionOf(line)));
    await eventually("the middle of the pulse", async () => (await board.state()).at - edge.at >= afterMs || undefined);
    crash.kill("powermgr", killAndSee);
  }

  /** With a running operating system. */
  async function bringOn(host: ComponentName): Promise<void> {
    const isUp = async () => {
      const { hosts } = await crash.suite.board.state();
      return hosts.some(({ component, os }) => component === host && os === "up") || undefined;
    };
    if (await isUp()) return;
    // The minimum off time may not be over yet.
    await eventually("the host is taken on", async () => {
      const answer = await crash.client.ask(host, "HOST_ACTION_ON");
      return "outcome" in answer || undefined;
    });
    await eventually("a running system", isUp);
    await crash.idle();
  }
});

const isAssertionOf = (line: string) => (entry: JournalEntry) =>
  entry.type === "edge" && entry.line === line && entry.asserted && entry.by === "powermgr";

const isEndOfPowermgr = (entry: JournalEntry) =>
  entry.type === "client" && entry.client === "powermgr" && entry.what === "gone";
