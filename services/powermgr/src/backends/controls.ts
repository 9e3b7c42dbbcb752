import type { DomainControl } from "@busbar/backend";
import type { ComponentName } from "@busbar/contracts";
import type { Domain, Platform } from "@busbar/platform";
import { gpioControl } from "./gpio.ts";
import { simulatedChips } from "./simulated-chips.ts";
import { systemControl } from "./system.ts";

export interface Controls {
  readonly byComponent: ReadonlyMap<ComponentName, DomainControl>;
  /** Releases momentary lines; latched ones stay as they are. */
  close(): Promise<void>;
}

/** The platform's power domains, each with the lines it can get. What is missing is taken when it comes. */
export async function openControls(platform: Platform, boardSocket: string): Promise<Controls> {
  const chips = simulatedChips(platform, boardSocket);
  const open = (domain: Domain) =>
    domain.kind === "bmc" ? systemControl(domain, platform, chips) : gpioControl(domain, platform, chips.open);
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
