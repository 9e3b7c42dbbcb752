import type { DomainControl } from "@busbar/backend";
import { BusbarError } from "@busbar/contracts";
import type { PowerDomain } from "@busbar/platform";
import { ModuleControl, type ModuleSurroundings } from "./module-control.ts";

/**
 * A domain with a module. Power-good lines of the platform file, which `watch` follows, decide over what the module senses:
 * they show the board itself.
 */
export async function moduleControl(
  domain: PowerDomain,
  surroundings: ModuleSurroundings,
  watch: () => Promise<DomainControl>,
): Promise<DomainControl> {
  const { backend } = domain;
  if (backend.type !== "module") throw new BusbarError("INTERNAL", `${domain.name} has no module`);
  const module = new ModuleControl(domain, backend, surroundings);
  const watched = domain.powerGood.lines.length === 0 ? undefined : await watch();
  await module.tried;
  return watched === undefined ? module : sensedBy(watched, module);
}

function sensedBy(watched: DomainControl, module: ModuleControl): DomainControl {
  return {
    sense: watched.sense,
    get powerButton() {
      return module.powerButton;
    },
    get resetButton() {
      return module.resetButton;
    },
    get forceOff() {
      return module.forceOff;
    },
    get rail() {
      return module.rail;
    },
    get measure() {
      return module.measure;
    },
    evidence: () => module.evidence(),
    unavailable: () => module.unavailable() ?? watched.unavailable(),
    onAvailability(listener) {
      const ends = [module.onAvailability(listener), watched.onAvailability(listener)];
      return () => {
        for (const end of ends) end();
      };
    },
    async close() {
      await Promise.all([module.close(), watched.close()]);
    },
  };
}
