import type { DomainControl } from "@busbar/backend";
import { BusbarError, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { GpioChip } from "@busbar/hardware";
import type { ButtonBackend, Platform, PowerDomain, RailBackend } from "@busbar/platform";
import { type ChipSource, HeldLine } from "./held-line.ts";
import { PowerGoodSense } from "./power-good.ts";
import { pulse } from "./pulse.ts";

/** Opens a chip of the platform; called again after it was lost. */
export type OpenChip = (chip: string) => Promise<GpioChip>;

/** Buttons and rails on GPIO lines. */
export async function gpioControl(domain: PowerDomain, platform: Platform, openChip: OpenChip): Promise<DomainControl> {
  const take = (name: string): HeldLine => {
    const definition = platform.lines.get(name);
    if (!definition) throw new BusbarError("INTERNAL", `line ${name} passed the platform check but is not defined`);
    const source: ChipSource = () => openChip(definition.chip);
    return new HeldLine(definition, source);
  };
  const goodLines = domain.powerGood.lines.map(take);
  const sense = new PowerGoodSense(domain.powerGood.require, goodLines, longestDebounce(domain, platform));
  const { lines: actLines, capabilities } = wired(domain.backend, take);
  const lines = [...goodLines, ...actLines];
  await Promise.all(lines.map((line) => line.tried));
  await sense.look();
  return {
    sense,
    ...capabilities,
    unavailable: () => lines.find((line) => line.missing !== undefined)?.missing,
    onAvailability(listener) {
      const ends = lines.map((line) => line.onAvailability(listener));
      return () => {
        for (const end of ends) end();
      };
    },
    async close() {
      sense.close();
      await Promise.all(lines.map((line) => line.close()));
    },
  };
}

interface Wired {
  readonly lines: readonly HeldLine[];
  readonly capabilities: Pick<DomainControl, "powerButton" | "resetButton" | "forceOff" | "rail">;
}

function wired(backend: PowerDomain["backend"], take: (name: string) => HeldLine): Wired {
  switch (backend.type) {
    case "gpio-rail":
      return rail(backend, take);
    case "gpio-buttons":
      return buttons(backend, take);
    case "module":
      // Lines only show what its module does.
      return { lines: [], capabilities: {} };
    default:
      return backend satisfies never;
  }
}

function rail(backend: RailBackend, take: (name: string) => HeldLine): Wired {
  const enable = take(backend.enable);
  return {
    lines: [enable],
    capabilities: { rail: { line: enable.name, set: async (power) => enable.use().set(power === "on" ? 1 : 0) } },
  };
}

function buttons(backend: ButtonBackend, take: (name: string) => HeldLine): Wired {
  const { pulse: width } = backend;
  const press = (line: HeldLine, duration: Milliseconds) => async () => pulse(line.use(), duration);
  const hold = (line: HeldLine) => async (release: AbortSignal) => pulse(line.use(), width.forceHold, release);
  const power = take(backend.powerButton);
  const reset = backend.resetButton === undefined ? undefined : take(backend.resetButton);
  const force = backend.forceOff === undefined ? undefined : take(backend.forceOff);
  return {
    lines: [power, reset, force].filter((line) => line !== undefined),
    capabilities: {
      powerButton: { line: power.name, press: press(power, width.press), hold: hold(power) },
      ...(reset && { resetButton: { line: reset.name, press: press(reset, width.reset) } }),
      ...(force && { forceOff: { line: force.name, hold: hold(force) } }),
    },
  };
}

function longestDebounce(domain: PowerDomain, platform: Platform): Milliseconds {
  const times = domain.powerGood.lines.map((name) => {
    const line = platform.lines.get(name);
    return line?.direction === "input" ? line.debounce : 0;
  });
  return milliseconds(Math.max(0, ...times));
}
