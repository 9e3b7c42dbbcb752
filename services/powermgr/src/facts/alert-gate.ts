import type { Milliseconds } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { ThermalAlert } from "./thermal-alert.ts";

export type Passage = "accepted" | "old" | "future" | "duplicate";

/**
 * When it is full the oldest is forgotten and could pass again within its age. A limit by source instead would let one
 * alert with a wrong clock hide all that follow it.
 */
const mostRemembered = 1_024;

/** Lets each alert pass once, and only while it is news: what a stream or a reconnect delivers late must not cut power. */
export class AlertGate {
  #clock: Clock;
  #age: () => Milliseconds;
  /** By content, with the CLOCK_BOOTTIME until when the same one could still pass by its age. */
  #passed = new Map<string, number>();

  constructor(clock: Clock, age: () => Milliseconds) {
    this.#clock = clock;
    this.#age = age;
  }

  pass(alert: ThermalAlert): Passage {
    const age = this.#clock.now() - alert.at;
    const most = this.#age();
    if (age > most) return "old";
    if (age < -most) return "future";
    const now = this.#clock.boottime();
    const key = JSON.stringify([alert.severity, alert.wants, alert.zone, alert.sensor, Math.round(alert.at)]);
    if ((this.#passed.get(key) ?? Number.NEGATIVE_INFINITY) >= now) return "duplicate";
    this.#forget(now);
    // From the future by up to `most`: it is young for twice that time.
    this.#passed.delete(key);
    this.#passed.set(key, now + 2 * most);
    return "accepted";
  }

  get remembered(): number {
    return this.#passed.size;
  }

  #forget(now: number): void {
    for (const [key, until] of this.#passed) {
      if (until >= now && this.#passed.size < mostRemembered) return;
      this.#passed.delete(key);
    }
  }
}
