import { type ComponentName, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { Journal } from "../store/journal.ts";
import type { PowerChange } from "./power-monitor.ts";

/** A kill loses at most this much; more often would wear the flash for nothing. */
const checkpointEvery = milliseconds(5 * 60_000);

export interface PoweredOnOptions {
  readonly journal: Pick<Journal, "poweredOn" | "powered">;
  readonly clock: Pick<Clock, "boottime" | "bootId" | "timer">;
}

interface Count {
  ms: number;
  /** CLOCK_BOOTTIME since when it is on; undefined while it isn't known to be. */
  since: Milliseconds | undefined;
}

/**
 * How long each component has been powered in all, over restarts, by CLOCK_BOOTTIME: a step of the wall clock changes
 * nothing. What is on before and after a restart of powermgr counts as on in between; after a boot of the BMC nobody
 * can say how long that took, so it doesn't count.
 */
export class PoweredOn {
  readonly #options: PoweredOnOptions;
  readonly #counts = new Map<ComponentName, Count>();
  #cancel: () => void = () => {};

  constructor(options: PoweredOnOptions) {
    this.#options = options;
    this.#arm();
  }

  see({ component, power, previous }: Pick<PowerChange, "component" | "power" | "previous">): void {
    const { clock } = this.#options;
    const count = this.#countOf(component);
    if (power === "on") {
      count.since ??= previous === undefined ? this.#sinceCheckpoint(component) : clock.boottime();
    } else if (count.since !== undefined) {
      count.ms += clock.boottime() - count.since;
      count.since = undefined;
    } else {
      return;
    }
    this.#store(component, count);
  }

  /** Never goes back. */
  seconds(component: ComponentName): number {
    const { ms, since } = this.#countOf(component);
    return (ms + (since === undefined ? 0 : this.#options.clock.boottime() - since)) / 1_000;
  }

  close(): void {
    this.#cancel();
    this.#checkpoint();
  }

  #countOf(component: ComponentName): Count {
    const known = this.#counts.get(component);
    if (known !== undefined) return known;
    const count: Count = { ms: this.#options.journal.poweredOn.get(component)?.ms ?? 0, since: undefined };
    this.#counts.set(component, count);
    return count;
  }

  #sinceCheckpoint(component: ComponentName): Milliseconds {
    const { clock, journal } = this.#options;
    const stored = journal.poweredOn.get(component);
    const wasOn = stored?.isOn === true && stored.boot === clock.bootId;
    return wasOn ? milliseconds(stored.at) : clock.boottime();
  }

  #store(component: ComponentName, count: Count): void {
    const { clock, journal } = this.#options;
    const at = clock.boottime();
    if (count.since !== undefined) {
      count.ms += at - count.since;
      count.since = at;
    }
    journal.powered({ component, ms: count.ms, isOn: count.since !== undefined, boot: clock.bootId, at });
  }

  #checkpoint(): void {
    for (const [component, count] of this.#counts) if (count.since !== undefined) this.#store(component, count);
  }

  #arm(): void {
    this.#cancel = this.#options.clock.timer(checkpointEvery, () => {
      this.#checkpoint();
      this.#arm();
    });
  }
}
