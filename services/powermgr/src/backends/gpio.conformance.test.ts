import type { DomainControl } from "@busbar/backend";
import { type Act, type BackendFixture, backendConformance } from "@busbar/backend/conformance";
import { type Platform, type PowerDomain, parsePlatform } from "@busbar/platform";
import { ToyChip } from "../testing/toy-chip.ts";
import { gpioControl } from "./gpio.ts";

const press = 20;
const hold = 1_500;

const platform = parsePlatform(
  `platform: toy
tried: true
gpio:
  chips: { main: { simulated: toy } }
  lines:
    enable: { chip: main, output: latched, active: high }
    rail-good: { chip: main, input: true, active: high }
    power-button: { chip: main, output: momentary, active: low }
    force-off: { chip: main, output: momentary, active: low }
    power-good: { chip: main, input: true, active: high }
domains:
  chassis.0:
    backend: { gpio: { enable: enable } }
    powerGood: { all: [rail-good] }
  host.0:
    backend: { gpio: { powerButton: power-button, forceOff: force-off } }
    powerGood: { all: [power-good] }
    timing: { press: ${press}ms, forceHold: ${hold}ms, forceThreshold: 1.4s }
`,
  "platform.yaml",
);

interface Wiring {
  readonly good: string;
  /** The first is what is lost. */
  readonly outputs: readonly string[];
}

async function fixture(name: string, { good, outputs }: Wiring): Promise<BackendFixture> {
  const chip = new ToyChip();
  const asserted = new Map<string, number>();
  const acts: Act[] = [];
  chip.onDrive = (line, level) => {
    if (line === "enable") {
      acts.push({ kind: "switch", to: level === 1 ? "on" : "off" });
      chip.drive(good, level);
    } else if (level === 1) {
      asserted.set(line, performance.now());
      acts.push({ kind: "pulse", line, released: false, ms: 0 });
    } else {
      const index = acts.findLastIndex((act) => act.kind === "pulse" && act.line === line && !act.released);
      const ms = performance.now() - (asserted.get(line) ?? 0);
      if (index >= 0) acts[index] = { kind: "pulse", line, released: true, ms };
    }
  };
  const lines = [good, ...outputs];
  const control: DomainControl = await gpioControl(domainOf(platform, name), platform, async () => chip);
  return {
    control,
    hardware: {
      become: async (power) => chip.drive(good, power === "on" ? 1 : 0),
      lose: async () => {
        for (const line of lines) chip.lose(line);
      },
      giveBack: async () => {
        for (const line of lines) chip.giveBack(line);
      },
      acts: async () => [...acts],
      failNext: async () => {
        chip.failsNextDrive = true;
      },
    },
    end: () => control.close(),
  };
}

function domainOf({ domains }: Platform, name: string): PowerDomain {
  const domain = [...domains.values()].find((each) => each.name === name);
  if (domain === undefined || domain.kind === "bmc") throw new Error(`the platform does not switch ${name}`);
  return domain;
}

backendConformance("a rail on a GPIO line", { control: "rail", tellsWithinMs: 100 }, () =>
  fixture("chassis.0", { good: "rail-good", outputs: ["enable"] }),
);

backendConformance("buttons on GPIO lines", { control: "buttons", tellsWithinMs: 100, pulse: { press, hold } }, () =>
  fixture("host.0", { good: "power-good", outputs: ["power-button", "force-off"] }),
);
