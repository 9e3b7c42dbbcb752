import { componentName } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { beforeEach, expect, it } from "vitest";
import { ToyJournal } from "../testing/toy-journal.ts";
import { ToySignal } from "../testing/toy-signal.ts";
import { FaultLines } from "./fault-lines.ts";

const host = componentName("host.0");

let clock: FakeClock;
let journal: ToyJournal;
let thermtrip: ToySignal;
let lines: FaultLines;
let heard: string[];

beforeEach(() => {
  clock = new FakeClock();
  journal = new ToyJournal();
  thermtrip = new ToySignal("thermtrip-0");
  heard = [];
  lines = new FaultLines({
    controls: new Map([[host, { faults: new Map([["thermtrip", thermtrip]]) }]]),
    journal,
    clock,
    response: () => "immediate_off",
    onFault: ({ component, code, line, active }) => heard.push(`${component} ${code} ${line} ${active}`),
  });
});

/** The level is read after an edge. */
const settled = () => new Promise(setImmediate);

it("a fault is told when it comes and when it is over, once each", async () => {
  await lines.start();
  expect(journal.events).toEqual([]);
  thermtrip.change("active", 1);
  thermtrip.change("active", 2);
  await settled();
  thermtrip.change("inactive", 3);
  await settled();
  expect(heard).toEqual(["host.0 thermtrip thermtrip-0 true", "host.0 thermtrip thermtrip-0 false"]);
  expect(journal.faults()).toEqual([
    {
      subject: "powermgr.event.host.0.fault",
      component: "host.0",
      code: "thermtrip",
      severity: "CRITICAL",
      active: true,
      source: "thermtrip-0",
      message: "thermtrip-0 says thermtrip",
      response: "immediate_off",
    },
    expect.objectContaining({ active: false, message: "thermtrip-0 no longer says thermtrip", response: "" }),
  ]);
});

it("a fault that stands when powermgr starts is told", async () => {
  thermtrip.state = "active";
  await lines.start();
  expect(heard).toEqual(["host.0 thermtrip thermtrip-0 true"]);
});

it("an edge whose level is gone when it is read again is a glitch", async () => {
  await lines.start();
  thermtrip.glitch();
  await settled();
  expect(heard).toEqual([]);
});

it("a line that can't be read neither begins a fault nor ends one", async () => {
  await lines.start();
  thermtrip.change("unknown");
  await settled();
  expect(heard).toEqual([]);
  thermtrip.change("active", 1);
  await settled();
  thermtrip.change("unknown");
  await settled();
  expect(heard).toEqual(["host.0 thermtrip thermtrip-0 true"]);
});

it("a fault that is over still counts for a while as what happened", async () => {
  await lines.start();
  expect(lines.recent(host, 2_000)).toEqual([]);
  thermtrip.change("active", 1);
  await settled();
  await clock.elapse(10_000);
  expect(lines.recent(host, 2_000)).toMatchObject([{ code: "thermtrip", active: true }]);
  thermtrip.change("inactive", 10_000);
  await settled();
  await clock.elapse(1_999);
  expect(lines.recent(host, 2_000)).toMatchObject([{ code: "thermtrip", active: false }]);
  await clock.elapse(2);
  expect(lines.recent(host, 2_000)).toEqual([]);
  expect(lines.recent(componentName("host.1"), 2_000)).toEqual([]);
});

it("nothing is followed once it is closed", async () => {
  await lines.start();
  lines.close();
  expect(thermtrip.listeners).toBe(0);
});
