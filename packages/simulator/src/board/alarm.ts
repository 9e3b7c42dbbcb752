import type { Milliseconds } from "@busbar/contracts";
import type { Clock } from "./clock.ts";

/** Node keeps timers in 32 bits; a longer wait is cut into pieces. */
const longest = 2 ** 31 - 1;

/** The one timer of the board: rings at the next deadline. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  set(deadline: Milliseconds | undefined): void {
    this.stop();
    if (deadline === undefined) return;
    // Rounded up: a timer that rings early would find nothing due.
    const wait = Math.ceil(deadline - this.#clock());
    this.#timer = setTimeout(this.#ring, Math.min(Math.max(wait, 0), longest));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
