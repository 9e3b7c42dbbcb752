import { dirname, resolve } from "node:path";
import type { DomainControl } from "@busbar/backend";
import type { ComponentName } from "@busbar/contracts";
import type { Log } from "@busbar/daemon";
import type { ControllerDomain, Domain, Platform, PowerDomain } from "@busbar/platform";
import { gpioControl } from "./gpio.ts";
import { moduleControl } from "./module/module-backend.ts";
import { type SimulatedChips, simulatedChips } from "./simulated-chips.ts";
import { systemControl } from "./system.ts";

export interface Controls {
  readonly byComponent: ReadonlyMap<ComponentName, DomainControl>;
  /** Releases momentary lines; latched ones stay as they are. */
  close(): Promise<void>;
}

interface Surroundings {
  readonly platform: Platform;
  readonly chips: SimulatedChips;
  readonly log: Log;
}

type Open<Kind extends Domain> = (domain: Kind, surroundings: Surroundings) => Promise<DomainControl>;

type Registry = { readonly [Type in PowerDomain["backend"]["type"]]: Open<PowerDomain> } & {
  readonly system: Open<ControllerDomain>;
};

const gpio: Open<PowerDomain> = (domain, { platform, chips }) => gpioControl(domain, platform, chips.open);

/** What opens a domain, by the type of its backend: a new type does not compile until it is here. */
const registry: Registry = {
  "gpio-buttons": gpio,
  "gpio-rail": gpio,
  system: (domain, { platform, chips }) => systemControl(domain, platform, chips),
  module: (domain, surroundings) =>
    moduleControl(domain, { directory: dirname(resolve(surroundings.platform.file)), log: surroundings.log }, () =>
      gpio(domain, surroundings),
    ),
};

/** The platform's domains, each with what it can get. What is missing is taken when it comes. */
export async function openControls(platform: Platform, boardSocket: string, log: Log): Promise<Controls> {
  const chips = simulatedChips(platform, boardSocket);
  const surroundings = { platform, chips, log };
  const open = (domain: Domain) =>
    domain.kind === "bmc" ? registry.system(domain, surroundings) : registry[domain.backend.type](domain, surroundings);
  const controls = await Promise.all(
    [...platform.domains.values()].map(async (domain) => [domain.name, await open(domain)] as const),
  );
  return {
    byComponent: new Map(controls),
    async close() {
      await Promise.all(controls.map(([, control]) => control.close()));
      await chips.close();
    },
  };
}
