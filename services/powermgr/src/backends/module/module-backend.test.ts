import { rmSync } from "node:fs";
import type { DomainControl, PowerUse } from "@busbar/backend";
import { type PowerDomain, parsePlatform } from "@busbar/platform";
import { afterEach, describe, expect, it, vi } from "vitest";
import { backendText, writtenModule } from "../../testing/written-module.ts";
import { moduleControl } from "./module-backend.ts";

const quiet = vi.fn();
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet } as never;
const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** The board's own lines: power-good can't be read, standby power is missing. */
const watched: DomainControl = {
  sense: { read: async () => "off", readStable: async () => "off", onChange: () => () => {} },
  standby: { read: async () => "missing", onChange: () => () => {} },
  unavailable: (use?: PowerUse) => (use === "force-off" ? undefined : "line chassis-good is missing"),
  impaired: () => "line standby-good is missing",
  onAvailability: () => () => {},
  close: async () => {},
};

async function opened(keys: string): Promise<{ control: DomainControl; watch: ReturnType<typeof vi.fn> }> {
  const { directory, module } = writtenModule(backendText());
  const platform = parsePlatform(
    `platform: toy
tried: true
gpio:
  chips: { main: { simulated: board } }
  lines:
    good: { chip: main, input: true, active: high }
domains:
  chassis.1:
    backend: { module: "${module}", control: rail, options: { outlet: 3 } }
${keys}`,
    "platform.yaml",
  );
  const [domain] = platform.domains.values();
  const watch = vi.fn(async () => watched);
  const control = await moduleControl(domain as PowerDomain, { directory, log }, watch);
  ends.push(
    () => control.close(),
    () => rmSync(directory, { recursive: true }),
  );
  return { control, watch };
}

describe("a domain with a module", () => {
  it("has no lines of the board to follow where its platform names none", async () => {
    const { control, watch } = await opened("");
    await control.rail?.set("on");
    expect([await control.sense.readStable(), watch.mock.calls.length, control.standby]).toEqual(["on", 0, undefined]);
  });

  it("is sensed by power-good where its platform names it", async () => {
    const { control } = await opened("    powerGood: { all: [good] }\n");
    await control.rail?.set("on");
    expect(await control.sense.readStable()).toBe("off");
  });

  it("has the board's other lines, and senses power itself", async () => {
    const { control } = await opened("    standbyGood: { all: [good] }\n");
    await control.rail?.set("on");
    expect(await control.sense.readStable()).toBe("on");
    expect(await control.standby?.read()).toBe("missing");
    expect(control.impaired?.()).toBe("line standby-good is missing");
  });

  it("can be forced off while a line is missing that this doesn't need", async () => {
    const { control } = await opened("    powerGood: { all: [good] }\n");
    expect(control.unavailable("on")).toBe("line chassis-good is missing");
    expect(control.unavailable("force-off")).toBeUndefined();
  });
});
