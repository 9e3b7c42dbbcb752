import type { Milliseconds } from "@busbar/contracts";
import { after } from "./clock.ts";
import { earliest, type Timed } from "./timed.ts";

/** A human's finger on the front panel's buttons. */
export class Panel implements Timed {
  readonly #contact: (line: string, isPressed: boolean, at: Milliseconds) => void;
  readonly #releases = new Map<string, Milliseconds>();

  constructor(contact: (line: string, isPressed: boolean, at: Milliseconds) => void) {
    this.#contact = contact;
  }

  get deadline(): Milliseconds | undefined {
    return earliest(this.#releases.values());
  }

  advance(now: Milliseconds): void {
    for (const [line, due] of this.#releases) {
      if (due > now) continue;
      this.#releases.delete(line);
      this.#contact(line, false, due);
    }
  }

  /** A second finger on a button that is pressed already can only keep it pressed for longer. */
  press(line: string, duration: Milliseconds, at: Milliseconds): void {
    const until = after(at, duration);
    const pressed = this.#releases.get(line);
    this.#releases.set(line, pressed !== undefined && pressed > until ? pressed : until);
    this.#contact(line, true, at);
  }
}
