import { BusbarError } from "@busbar/contracts";
import type { GpioChip, GpioLine } from "@busbar/hardware";
import { type Platform, type PowerDomain, parsePlatform } from "@busbar/platform";
import { describe, expect, it } from "vitest";
import { gpioControl } from "./gpio.ts";

const platform: Platform = parsePlatform(
  `
platform: bench
tried: true
gpio:
  chips: { main: { simulated: board } }
  lines:
    button: { chip: main, output: momentary, active: low }
    reset: { chip: main, output: momentary, active: low }
    force: { chip: main, output: momentary, active: low }
    good: { chip: main, input: true, active: high, debounce: 0ms }
    enable: { chip: main, output: latched, active: high }
    rail-good: { chip: main, input: true, active: high, debounce: 0ms }
domains:
  chassis.0:
    backend: { gpio: { enable: enable } }
    powerGood: { all: [rail-good] }
  host.0:
    backend: { gpio: { powerButton: button, resetButton: reset, forceOff: force } }
    powerGood: { all: [good] }
    dependsOn: [chassis.0]
`,
  "bench.yaml",
);

/** A chip that lacks these lines. */
const chipWithout = (missing: readonly string[]): GpioChip =>
  ({
    request: async (name: string) => {
      if (missing.includes(name)) throw new BusbarError("HARDWARE_UNAVAILABLE", `line ${name} is not there`);
      const line: Pick<GpioLine, "name" | "get" | "set" | "onEdge" | "onLost" | "release"> = {
        name,
        get: async () => 0,
        set: async () => {},
        onEdge: () => () => {},
        onLost: () => () => {},
        release: async () => {},
      };
      return line;
    },
  }) as unknown as GpioChip;

const verbs = ["on", "off", "reset", "cycle", "force-off", "emergency-off"] as const;

/** The verbs that a component can't be asked for without these lines. */
async function lost(component: string, missing: readonly string[]): Promise<readonly string[]> {
  const domain = [...platform.domains.values()].find(({ name }) => name === component) as PowerDomain;
  const control = await gpioControl(domain, platform, async () => chipWithout(missing));
  const unavailable = verbs.filter((verb) => control.unavailable(verb) !== undefined);
  expect(control.unavailable() === undefined).toBe(missing.length === 0);
  await control.close();
  return unavailable;
}

describe("only the lines that an action needs count", () => {
  it.each([
    ["host.0", [], []],
    ["host.0", ["good"], ["on", "off", "reset", "cycle"]],
    ["host.0", ["reset"], ["reset"]],
    ["host.0", ["button"], ["on", "off", "cycle"]],
    ["host.0", ["force"], []],
    ["host.0", ["force", "button"], ["on", "off", "cycle", "force-off", "emergency-off"]],
    ["chassis.0", ["rail-good"], ["on", "off", "reset", "cycle"]],
    ["chassis.0", ["enable"], ["on", "off", "cycle", "force-off", "emergency-off"]],
  ] as const)("%s without %j can't be asked for %j", async (component, missing, verbsLost) => {
    expect(await lost(component, missing)).toEqual(verbsLost);
  });
});
