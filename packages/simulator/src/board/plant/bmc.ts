import type { Milliseconds } from "@busbar/contracts";
import type { Timed } from "../timed.ts";
import { Pulse } from "./pulse.ts";

export interface BmcModel {
  /** Shorter resets are missed. */
  readonly minimumReset: Milliseconds;
}

/** The controller's own reset line. Only counts: whoever plays systemd restarts the daemons when the journal says so. */
export class BmcPlant implements Timed {
  readonly #pulse: Pulse;
  readonly #onReset: (at: Milliseconds) => void;
  #resets = 0;

  constructor(model: BmcModel, onReset: (at: Milliseconds) => void) {
    this.#pulse = new Pulse(model.minimumReset);
    this.#onReset = onReset;
  }

  get resets(): number {
    return this.#resets;
  }

  get deadline(): Milliseconds | undefined {
    return this.#pulse.deadline;
  }

  advance(now: Milliseconds): void {
    const at = this.deadline;
    if (at === undefined || at > now) return;
    this.#pulse.see();
    this.#resets += 1;
    this.#onReset(at);
  }

  reset(isAsserted: boolean, at: Milliseconds): void {
    this.advance(at);
    this.#pulse.follow(isAsserted, at);
    this.advance(at);
  }
}
