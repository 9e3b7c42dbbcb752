import type { DomainControl, Sense } from "@busbar/backend";
import { BusbarError } from "@busbar/contracts";
import type { PowerDomain } from "@busbar/platform";
import { ModuleControl, type ModuleSurroundings } from "./module-control.ts";

/**
 * A domain with a module. Lines of the platform file, which `watch` follows, are the board's own: power-good among them
 * decides over what the module senses.
 */
export async function moduleControl(
  domain: PowerDomain,
  surroundings: ModuleSurroundings,
  watch: () => Promise<DomainControl>,
): Promise<DomainControl> {
  const { backend } = domain;
  if (backend.type !== "module") throw new BusbarError("INTERNAL", `${domain.name} has no module`);
  const module = new ModuleControl(domain, backend, surroundings);
  const showsPower = domain.powerGood.lines.length > 0;
  const watched = showsPower || hasExtraLines(domain) ? await watch() : undefined;
  await module.tried;
  return watched === undefined ? module : withLines(watched, module, showsPower ? watched.sense : module.sense);
}

const hasExtraLines = ({ standbyGood, inputs, faults, sequence }: PowerDomain): boolean =>
  [standbyGood, inputs, faults, sequence.beforeOn, sequence.afterOff].some((part) => part !== undefined);

function withLines(watched: DomainControl, module: ModuleControl, sense: Sense): DomainControl {
  const { standby, auxiliary, panel, faults } = watched;
  return {
    sense,
    ...(standby && { standby }),
    ...(auxiliary && { auxiliary }),
    ...(panel && { panel }),
    ...(faults && { faults }),
    impaired: () => watched.impaired?.(),
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
    unavailable: (use) => module.unavailable(use) ?? watched.unavailable(use),
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
