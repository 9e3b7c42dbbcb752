import type { DomainControl, PowerUse } from "@busbar/backend";
import { BusbarError, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { GpioChip } from "@busbar/hardware";
import type { ButtonBackend, Platform, PowerDomain, RailBackend } from "@busbar/platform";
import { extraLines } from "./extra-lines.ts";
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
  const asserted = new Set<string>();
  const { lines: actLines, cutBy, capabilities } = wired(domain.backend, take, asserted);
  const lines = [...goodLines, ...actLines];
  const extra = extraLines(domain, take, asserted);
  const allLines = [...lines, ...extra.lines];
  await Promise.all(allLines.map((line) => line.tried));
  await Promise.all([sense.look(), ...extra.signals.map((signal) => signal.look())]);
  const missingOf = (some: readonly HeldLine[]) => some.find((line) => line.missing !== undefined)?.missing;
  return {
    sense,
    ...capabilities,
    ...extra.capabilities,
    unavailable: (use) => missingFor(use, { all: lines, goodLines, cutBy, capabilities }),
    impaired: () => missingOf(extra.lines),
    onAvailability(listener) {
      const ends = allLines.map((line) => line.onAvailability(listener));
      return () => {
        for (const end of ends) end();
      };
    },
    async close() {
      sense.close();
      for (const signal of extra.signals) signal.close();
      await Promise.all(allLines.map((line) => line.close()));
    },
  };
}

interface Wired {
  readonly lines: readonly HeldLine[];
  /** Each of these can cut the power by itself. */
  readonly cutBy: readonly HeldLine[];
  readonly capabilities: Pick<DomainControl, "powerButton" | "resetButton" | "forceOff" | "rail">;
}

interface HeldLines extends Pick<Wired, "cutBy" | "capabilities"> {
  readonly all: readonly HeldLine[];
  readonly goodLines: readonly HeldLine[];
}

function missingFor(use: PowerUse | undefined, { all, goodLines, cutBy, capabilities }: HeldLines): string | undefined {
  const first = (lines: readonly HeldLine[]) => lines.find((line) => line.missing !== undefined)?.missing;
  const { powerButton, resetButton, rail } = capabilities;
  const named = (control: { readonly line: string } | undefined) => all.filter((line) => line.name === control?.line);
  switch (use) {
    case undefined:
      return first(all);
    case "force-off":
    case "emergency-off":
      return cutBy.some((line) => line.missing === undefined) ? undefined : first(cutBy);
    case "reset":
      return first([...goodLines, ...named(resetButton)]);
    case "on":
    case "off":
    case "cycle":
      return first([...goodLines, ...named(rail ?? powerButton)]);
    default:
      return use satisfies never;
  }
}

function wired(backend: PowerDomain["backend"], take: (name: string) => HeldLine, asserted: Set<string>): Wired {
  switch (backend.type) {
    case "gpio-rail":
      return rail(backend, take);
    case "gpio-buttons":
      return buttons(backend, take, asserted);
    case "module":
      // Lines only show what its module does.
      return { lines: [], cutBy: [], capabilities: {} };
    default:
      return backend satisfies never;
  }
}

function rail(backend: RailBackend, take: (name: string) => HeldLine): Wired {
  const enable = take(backend.enable);
  return {
    lines: [enable],
    cutBy: [enable],
    capabilities: { rail: { line: enable.name, set: async (power) => enable.use().set(power === "on" ? 1 : 0) } },
  };
}

/** `asserted` holds the lines that are asserted now. */
function buttons(backend: ButtonBackend, take: (name: string) => HeldLine, asserted: Set<string>): Wired {
  const { pulse: width } = backend;
  const assert = async (line: HeldLine, duration: Milliseconds, release?: AbortSignal) => {
    asserted.add(line.name);
    try {
      await pulse(line.use(), duration, release);
    } finally {
      asserted.delete(line.name);
    }
  };
  const press = (line: HeldLine, duration: Milliseconds) => async () => assert(line, duration);
  const hold = (line: HeldLine) => async (release: AbortSignal) => assert(line, width.forceHold, release);
  const power = take(backend.powerButton);
  const reset = backend.resetButton === undefined ? undefined : take(backend.resetButton);
  const force = backend.forceOff === undefined ? undefined : take(backend.forceOff);
  return {
    lines: [power, reset, force].filter((line) => line !== undefined),
    cutBy: [force, power].filter((line) => line !== undefined),
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
