import { componentName } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { beforeEach, expect, it } from "vitest";
import { standbySense } from "../backends/standby.ts";
import { ToyJournal } from "../testing/toy-journal.ts";
import { ToySignal } from "../testing/toy-signal.ts";
import { StandbyPower } from "./standby-power.ts";

const chassis = componentName("chassis.0");
const host = componentName("host.0");

let journal: ToyJournal;
let lines: readonly [ToySignal, ToySignal];
let heard: string[];
let standby: StandbyPower;

beforeEach(() => {
  journal = new ToyJournal();
  lines = [new ToySignal("standby-5v", "active"), new ToySignal("standby-3v3", "active")];
  heard = [];
  standby = new StandbyPower({
    controls: new Map([
      [chassis, { standby: standbySense(lines) }],
      [host, {}],
    ]),
    journal,
    clock: new FakeClock(),
    onChange: (component, now) => heard.push(`${component} ${now}`),
  });
});

/** The lines are read after an edge. */
const settled = () => new Promise(setImmediate);

it("is unknown until it was read, and good where no line shows it", async () => {
  expect([standby.of(chassis), standby.of(host)]).toEqual(["unknown", "good"]);
  await standby.start();
  expect(standby.of(chassis)).toBe("good");
  expect(journal.events).toEqual([]);
});

it("is told when it is lost and when it is back, once each", async () => {
  await standby.start();
  lines[0].change("inactive");
  await settled();
  lines[1].change("inactive");
  await settled();
  expect(standby.of(chassis)).toBe("missing");
  lines[0].change("active");
  lines[1].change("active");
  await settled();
  expect(standby.of(chassis)).toBe("good");
  expect(heard).toEqual(["chassis.0 good", "chassis.0 missing", "chassis.0 good"]);
  expect(journal.faults()).toMatchObject([
    { component: "chassis.0", code: "standby-lost", severity: "CRITICAL", active: true, source: "standby" },
    { code: "standby-lost", active: false },
  ]);
});

it("that can't be read is unknown, which is no loss and ends none", async () => {
  await standby.start();
  lines[0].change("unknown");
  await settled();
  expect(standby.of(chassis)).toBe("unknown");
  expect(journal.events).toEqual([]);
  lines[1].change("inactive");
  await settled();
  lines[1].change("active");
  await settled();
  expect(journal.faults().map(({ active }) => active)).toEqual([true]);
});

it("that is missing when powermgr starts is told", async () => {
  lines[0].state = "inactive";
  await standby.start();
  expect(journal.faults()).toMatchObject([{ code: "standby-lost", active: true }]);
});

it("is not followed once it is closed", async () => {
  await standby.start();
  standby.close();
  expect(lines[0].listeners + lines[1].listeners).toBe(0);
});
