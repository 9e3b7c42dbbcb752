import type { ComponentName } from "@busbar/contracts";
import type { Platform } from "@busbar/platform";
import type { Facts } from "./facts.ts";

export interface ThermalDataLoss {
  readonly zones: readonly string[];
  /** What these zones cool. */
  readonly components: readonly ComponentName[];
}

/** Notices when the temperature of a zone, known before, is not known any more: once, until it is known again. */
export class DataLossWatch {
  #facts: Facts;
  #zones: Platform["zones"];
  #lost = new Set<string>();

  constructor(facts: Facts, zones: Platform["zones"]) {
    this.#facts = facts;
    this.#zones = zones;
  }

  /** What was lost since the last look. */
  look(): ThermalDataLoss | undefined {
    const newlyLost: string[] = [];
    for (const zone of this.#zones.keys()) {
      const { is } = this.#facts.zone(zone);
      if (is === "known") this.#lost.delete(zone);
      if (is !== "stale" || this.#lost.has(zone)) continue;
      this.#lost.add(zone);
      newlyLost.push(zone);
    }
    if (newlyLost.length === 0) return undefined;
    const components = new Set(newlyLost.flatMap((zone) => this.#zones.get(zone) ?? []));
    return { zones: newlyLost, components: [...components] };
  }
}
