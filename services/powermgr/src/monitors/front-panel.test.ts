import type { LineState, Power } from "@busbar/backend";
import { componentName } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import type { ButtonInput } from "@busbar/platform";
import { afterEach, describe, expect, it } from "vitest";
import { panelDomain } from "../testing/panel-domain.ts";
import { ToySignal } from "../testing/toy-signal.ts";
import { FrontPanel } from "./front-panel.ts";

const host = componentName("host.0");

let clock: FakeClock;
let powerButton: ToySignal;
let resetButton: ToySignal;
let power: Power;
let panel: FrontPanel;
let acts: string[];
let events: string[];

async function start(mode: ButtonInput["mode"], atStart: LineState = "inactive"): Promise<void> {
  clock = new FakeClock();
  powerButton = new ToySignal("panel-power", atStart);
  resetButton = new ToySignal("panel-reset");
  power = "off";
  acts = [];
  events = [];
  panel = new FrontPanel({
    domains: new Map([[host, panelDomain(mode)]]),
    controls: new Map([[host, { panel: { powerButton, resetButton } }]]),
    power: () => power,
    act: (component, action, actor) => acts.push(`${component} ${action} ${actor}`),
    onEvent: ({ button, kind, heldMs }) => events.push(`${button} ${kind} ${heldMs}`),
    clock,
  });
  await panel.start();
}

/** A press of a person, with the edges' own stamps. */
async function press(signal: ToySignal, ms: number): Promise<void> {
  signal.change("active", clock.monotonic());
  await clock.elapse(ms);
  signal.change("inactive", clock.monotonic());
}

afterEach(() => panel.close());

describe("in mode act", () => {
  it("a short press switches an off host on when it is let go", async () => {
    await start("act");
    await press(powerButton, 200);
    expect(acts).toEqual(["host.0 HOST_ACTION_ON front-panel/power-button"]);
    expect(events).toEqual(["power-button press 0", "power-button release 200"]);
  });

  it("a short press of a running host asks it to go off", async () => {
    await start("act");
    power = "on";
    await press(powerButton, 200);
    expect(acts).toEqual(["host.0 HOST_ACTION_OFF front-panel/power-button"]);
  });

  it("a press of a host that comes on meanwhile is still one for on", async () => {
    await start("act");
    powerButton.change("active", 0);
    power = "on";
    await clock.elapse(300);
    powerButton.change("inactive", 300);
    expect(acts).toEqual(["host.0 HOST_ACTION_ON front-panel/power-button"]);
  });

  it("a long press forces off at the threshold, once", async () => {
    await start("act");
    power = "on";
    powerButton.change("active", 0);
    await clock.elapse(3_499);
    expect(acts).toEqual([]);
    await clock.elapse(1);
    expect(acts).toEqual(["host.0 HOST_ACTION_FORCE_OFF front-panel/power-button"]);
    await clock.elapse(6_000);
    powerButton.change("inactive", 9_500);
    expect(acts).toHaveLength(1);
    expect(events).toEqual(["power-button press 0", "power-button long-press 3500", "power-button release 9500"]);
  });

  it("the edges' stamps say how long it was held, however late they are heard of", async () => {
    await start("act");
    power = "on";
    powerButton.change("active", 1_000);
    powerButton.change("inactive", 5_000);
    powerButton.change("active", 6_000);
    await clock.elapse(3_000);
    powerButton.change("inactive", 6_100);
    expect(acts).toEqual([
      "host.0 HOST_ACTION_FORCE_OFF front-panel/power-button",
      "host.0 HOST_ACTION_OFF front-panel/power-button",
    ]);
  });

  it("no force off when the button is up at the threshold and only its edge is late", async () => {
    await start("act");
    power = "on";
    powerButton.change("active", 0);
    powerButton.state = "inactive";
    await clock.elapse(3_600);
    expect(acts).toEqual([]);
    powerButton.change("inactive", 200);
    expect(acts).toEqual(["host.0 HOST_ACTION_OFF front-panel/power-button"]);
  });

  it("the reset button resets a running host at once", async () => {
    await start("act");
    power = "on";
    resetButton.change("active", 0);
    expect(acts).toEqual(["host.0 HOST_ACTION_REBOOT front-panel/reset-button"]);
    await clock.elapse(9_000);
    resetButton.change("inactive", 9_000);
    expect(acts).toHaveLength(1);
  });

  it("a button that is down when powermgr starts does nothing, held or let go", async () => {
    await start("act", "active");
    power = "on";
    await clock.elapse(10_000);
    powerButton.change("inactive", 10_000);
    expect([acts, events]).toEqual([[], []]);
    await press(powerButton, 100);
    expect(acts).toHaveLength(1);
  });

  it("a press during which its line is lost is none", async () => {
    await start("act");
    power = "on";
    powerButton.change("active", 0);
    await clock.elapse(100);
    powerButton.change("unknown");
    powerButton.change("active");
    await clock.elapse(10_000);
    powerButton.change("inactive");
    expect(acts).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe("in mode mask", () => {
  it("a press is seen and nothing is done", async () => {
    await start("mask");
    power = "on";
    await press(powerButton, 200);
    await press(powerButton, 5_000);
    await press(resetButton, 200);
    expect(acts).toEqual([]);
    expect(panel.takeCause(host)).toBeUndefined();
    expect(events).toHaveLength(7);
  });
});

describe("in mode pass-through", () => {
  it("a press is the cause of the change that follows it, and of no other", async () => {
    await start("pass-through");
    await press(powerButton, 200);
    await clock.elapse(4_000);
    expect(acts).toEqual([]);
    expect(panel.takeCause(host)).toBe("power-button");
    expect(panel.takeCause(host)).toBeUndefined();
  });

  it("a press explains a shutdown as long as an operating system may take for it, a power-on for less", async () => {
    await start("pass-through");
    await press(powerButton, 200);
    await clock.elapse(5_000);
    expect(panel.takeCause(host)).toBeUndefined();
    power = "on";
    await press(powerButton, 200);
    await clock.elapse(59_000);
    expect(panel.takeCause(host)).toBe("power-button");
  });
});

it("nothing is followed once it is closed", async () => {
  await start("act");
  powerButton.change("active", 0);
  panel.close();
  expect(powerButton.listeners + resetButton.listeners + clock.pending).toBe(0);
});
