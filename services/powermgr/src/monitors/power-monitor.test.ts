import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Power } from "@busbar/backend";
import { busbar, componentName } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "../store/journal.ts";
import { ToyHost } from "../testing/toy-control.ts";
import { PowerMonitor } from "./power-monitor.ts";

const host = componentName("host.0");

let directory: string;
let journal: Journal;
let toy: ToyHost;
let clock: FakeClock;
let monitor: PowerMonitor;

const openJournal = () =>
  Journal.open({
    directory,
    retainOperations: 10,
    retainEvents: 100,
    compactAboveBytes: 1e9,
    onFailure: () => {},
    onRecovered: () => {},
  });

async function start(power: Power): Promise<void> {
  toy = new ToyHost(power);
  monitor = new PowerMonitor({ controls: new Map([[host, toy]]), journal, clock });
  await monitor.start();
}

/** What was told, oldest first. */
async function told(): Promise<string[]> {
  await journal.close();
  journal = await openJournal();
  const words = {
    [busbar.v1.Power.POWER_ON]: "on",
    [busbar.v1.Power.POWER_OFF]: "off",
    [busbar.v1.Power.POWER_UNKNOWN]: "unknown",
    [busbar.v1.Power.POWER_UNSPECIFIED]: "?",
  };
  const all: string[] = [];
  for (let row = journal.after(0); row; row = journal.after(row.id))
    all.push(words[busbar.v1.PowerGoodEvent.decode(row.data).power]);
  return all;
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "monitor-"));
  journal = await openJournal();
  clock = new FakeClock();
});

afterEach(async () => {
  monitor.close();
  await journal.close();
  rmSync(directory, { recursive: true });
});

describe("what is told of power-good", () => {
  it("is how it stands at the start, and every change", async () => {
    await start("off");
    toy.change("on");
    toy.change("unknown");
    expect(await told()).toEqual(["off", "on", "unknown"]);
  });

  it("leaves out the ups and downs of an operation: after a cycle nothing has changed", async () => {
    await start("on");
    monitor.hold([host], "cycle");
    toy.change("off");
    monitor.release([host], "another that never began");
    toy.change("on");
    monitor.release([host], "cycle");
    expect(await told()).toEqual(["on"]);
  });

  it("is, after an operation, what stands otherwise than before", async () => {
    await start("off");
    monitor.hold([host], "on");
    toy.change("on");
    monitor.release([host], "on");
    toy.change("off");
    expect(await told()).toEqual(["off", "on", "off"]);
  });
});

describe("the cause of a change", () => {
  /** The causes that were told, and those that listeners heard. */
  async function causes(): Promise<[told: string[], heard: (string | undefined)[]]> {
    const left = ["power-button", "reset-button"];
    const heard: (string | undefined)[] = [];
    toy = new ToyHost("off");
    const controls = new Map([[host, toy]]);
    monitor = new PowerMonitor({ controls, journal, clock, causeOf: () => left.shift() });
    await monitor.start();
    monitor.onChange(({ cause }) => heard.push(cause));
    monitor.hold([host], "on");
    toy.change("on");
    monitor.release([host], "on");
    toy.change("unknown");
    toy.change("off");
    await told();
    const all: string[] = [];
    for (let row = journal.after(0); row; row = journal.after(row.id))
      all.push(busbar.v1.PowerGoodEvent.decode(row.data).cause);
    return [all, heard];
  }

  it("is told with it, unless an operation or nothing at all brought it about", async () => {
    expect(await causes()).toEqual([
      ["power-button", "", "", "reset-button"],
      [undefined, undefined, "reset-button"],
    ]);
  });
});

describe("how long a component is off", () => {
  it("counts from its going off", async () => {
    await start("on");
    toy.change("off");
    clock.advance(1_500);
    expect(monitor.offFor(host)).toBe(1_500);
    toy.change("on");
    expect(monitor.offFor(host)).toBeUndefined();
  });

  it("is nothing to wait for where it was never seen on", async () => {
    await start("off");
    expect(monitor.offFor(host)).toBeUndefined();
  });

  it("goes on counting over a restart of powermgr, and a step of the wall clock changes nothing", async () => {
    await start("on");
    toy.change("off");
    await told();
    clock.advance(2_000);
    clock.stepWall(-3_600_000);
    await start("off");
    expect(monitor.offFor(host)).toBe(2_000);
  });

  it("begins anew when it went off while nobody looked", async () => {
    await start("on");
    await told();
    clock.advance(60_000);
    await start("off");
    clock.advance(700);
    expect(monitor.offFor(host)).toBe(700);
  });
});
