import type { Milliseconds } from "@busbar/contracts";
import { after } from "../clock.ts";

/**
 * A contact that the chipset debounces: an assertion counts once it has lasted a minimum. Intel's PCH debounces
 * PWRBTN# and SYS_RESET# for 16 ms (PCH datasheet, "Power Management Signals").
 */
export class Pulse {
  readonly #minimum: Milliseconds;
  #since: Milliseconds | undefined;
  #isSeen = false;

  constructor(minimum: Milliseconds) {
    this.#minimum = minimum;
  }

  /** Since when it is asserted. */
  get since(): Milliseconds | undefined {
    return this.#since;
  }

  /** When an assertion that has not counted yet will. */
  get deadline(): Milliseconds | undefined {
    return this.#since === undefined || this.#isSeen ? undefined : after(this.#since, this.#minimum);
  }

  /** Follows a change of the contact. Returns whether a release ends an assertion that has counted. */
  follow(isAsserted: boolean, at: Milliseconds): boolean {
    const ended = !isAsserted && this.#isSeen;
    this.#since = isAsserted ? at : undefined;
    this.#isSeen = false;
    return ended;
  }

  /** The assertion counts from now on. */
  see(): void {
    this.#isSeen = true;
  }
}
