import type { Power, Standby } from "@busbar/backend";
import { type ComponentName, componentName } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { DomainGraph } from "@busbar/platform";
import { beforeEach, describe, expect, it } from "vitest";
import { ToyJournal } from "../testing/toy-journal.ts";
import { PowerLoss, settleTime } from "./power-loss.ts";
import { type LossFacts, rootCause } from "./root-cause.ts";

const host = componentName("host.0");
const chassis = componentName("chassis.0");
const thermtrip = { component: host, code: "thermtrip", line: "thermtrip-0" };
const overcurrent = { component: chassis, code: "overcurrent", line: "overcurrent-0" };

describe("the root cause of a loss is", () => {
  const nothing: LossFacts = { standby: "good", feeders: [{ component: chassis, power: "on" }], faults: [] };
  it.each([
    ["nothing that a line shows, and no fault then", nothing, "", false],
    ["the fault line of the host", { ...nothing, faults: [thermtrip] }, "thermtrip-0", true],
    ["what is nearer to the mains first", { ...nothing, faults: [overcurrent, thermtrip] }, "overcurrent-0", true],
    ["the chassis that is off", { ...nothing, feeders: [{ component: chassis, power: "off" }] }, "chassis.0", true],
    [
      "not a chassis that can't be read",
      { ...nothing, feeders: [{ component: chassis, power: "unknown" }] },
      "",
      false,
    ],
    [
      "the fault that took the chassis off, not the chassis",
      { ...nothing, faults: [overcurrent], feeders: [{ component: chassis, power: "off" }] },
      "overcurrent-0",
      true,
    ],
    ["standby before all", { ...nothing, standby: "missing", faults: [overcurrent] }, "standby", true],
    ["not a standby that can't be read", { ...nothing, standby: "unknown" }, "", false],
  ] as const)("%s", (_, facts, source, isFault) => {
    expect(rootCause(facts)).toMatchObject({ source, isFault });
  });
});

describe("a loss of power", () => {
  let clock: FakeClock;
  let journal: ToyJournal;
  let powers: Map<ComponentName, Power>;
  let faults: readonly { component: ComponentName; code: string; line: string; active: boolean }[];
  let standby: Standby;
  let loss: PowerLoss;

  beforeEach(() => {
    clock = new FakeClock();
    journal = new ToyJournal();
    powers = new Map([
      [chassis, "on"],
      [host, "on"],
    ]);
    faults = [];
    standby = "good";
    loss = new PowerLoss({
      graph: new DomainGraph(
        new Map([
          [chassis, []],
          [host, [chassis]],
        ]),
      ),
      controls: new Map([[chassis, { standby: { read: async () => standby, onChange: () => () => {} } }]]),
      power: (component) => powers.get(component) ?? "unknown",
      recentFaults: (component) => faults.filter((fault) => fault.component === component),
      journal,
      clock,
      onLoss: () => {},
    });
    for (const component of [chassis, host]) see(component, "on");
  });

  function see(component: ComponentName, power: Power, { isOperating = false, cause = "" } = {}): void {
    powers.set(component, power);
    loss.see({ component, power, previous: undefined, isOperating, cause: cause === "" ? undefined : cause });
  }

  it("is told with what comes to light right after it", async () => {
    see(host, "off");
    await clock.elapse(settleTime / 2);
    faults = [{ ...thermtrip, active: false }];
    expect(journal.events).toEqual([]);
    await clock.elapse(settleTime / 2);
    expect(journal.faults()).toEqual([
      {
        subject: "powermgr.event.host.0.fault",
        component: "host.0",
        code: "power-lost",
        severity: "CRITICAL",
        active: true,
        source: "thermtrip-0",
        message: "host.0 lost power without a request: thermtrip-0 of host.0 says thermtrip",
        response: "notify",
      },
    ]);
  });

  it("is a warning when no line shows why: it may be a shutdown from within", async () => {
    see(host, "off");
    await clock.elapse(settleTime);
    expect(journal.faults()).toMatchObject([{ severity: "WARNING", source: "", active: true }]);
  });

  it("with the chassis is put down to the chassis, whichever falls first", async () => {
    see(host, "off");
    await clock.elapse(10);
    see(chassis, "off");
    await clock.elapse(settleTime);
    expect(journal.faults().map(({ component, source }) => [component, source])).toEqual([
      ["host.0", "chassis.0"],
      ["chassis.0", ""],
    ]);
  });

  it("without standby power is put down to that, for the host too", async () => {
    standby = "missing";
    see(host, "off");
    await clock.elapse(settleTime);
    expect(journal.faults()).toMatchObject([{ source: "standby", severity: "CRITICAL" }]);
  });

  it("is over when the power is back, whoever brought it", async () => {
    see(host, "off");
    await clock.elapse(settleTime);
    see(host, "on", { isOperating: true });
    see(host, "off", { isOperating: true });
    expect(journal.faults().map(({ active }) => active)).toEqual([true, false]);
  });

  it("that is over before its cause is known is told all the same", async () => {
    see(host, "off");
    await clock.elapse(10);
    see(host, "on");
    await clock.elapse(settleTime);
    expect(journal.faults().map(({ active }) => active)).toEqual([true, false]);
  });

  it("is seen through an unknown in between", async () => {
    see(host, "unknown");
    see(host, "off");
    await clock.elapse(settleTime);
    expect(journal.faults()).toHaveLength(1);
  });

  it.each([
    ["an operation", { isOperating: true }],
    ["a button of the panel", { cause: "power-button" }],
  ])("is none when it is the doing of %s", async (_, how) => {
    see(host, "off", how);
    await clock.elapse(settleTime);
    expect(journal.events).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("is none where it was off before, and where it can't be read", async () => {
    see(host, "off", { isOperating: true });
    see(host, "unknown");
    see(host, "off");
    see(chassis, "unknown");
    await clock.elapse(settleTime);
    expect(journal.events).toEqual([]);
  });

  it("is not told once it is closed", async () => {
    see(host, "off");
    loss.close();
    await clock.elapse(settleTime);
    expect(journal.events).toEqual([]);
  });
});
