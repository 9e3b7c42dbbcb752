import type { Milliseconds } from "@busbar/contracts";
import type { WireLevel } from "@busbar/hardware";
import { after } from "./clock.ts";
import { flipped } from "./lines.ts";
import type { Timed } from "./timed.ts";

/** What a power-good line shows: what the supply says, unless a fault distorts it. */
export class Sense implements Timed {
  readonly #active: WireLevel;
  readonly #show: (wire: WireLevel, at: Milliseconds) => void;
  readonly #glitchEnded: (at: Milliseconds) => void;
  #isGood = false;
  #stuck: WireLevel | undefined;
  #glitchDue: Milliseconds | undefined;

  constructor(
    active: WireLevel,
    show: (wire: WireLevel, at: Milliseconds) => void,
    glitchEnded: (at: Milliseconds) => void,
  ) {
    this.#active = active;
    this.#show = show;
    this.#glitchEnded = glitchEnded;
  }

  get deadline(): Milliseconds | undefined {
    return this.#glitchDue;
  }

  advance(now: Milliseconds): void {
    const due = this.#glitchDue;
    if (due === undefined || due > now) return;
    this.#glitchDue = undefined;
    this.#update(due);
    this.#glitchEnded(due);
  }

  good(isGood: boolean, at: Milliseconds): void {
    this.#isGood = isGood;
    this.#update(at);
  }

  stick(wire: WireLevel | undefined, at: Milliseconds): void {
    this.#stuck = wire;
    this.#update(at);
  }

  /** Shows the opposite of the truth for a while. */
  glitch(duration: Milliseconds, at: Milliseconds): void {
    this.#glitchDue = after(at, duration);
    this.#update(at);
  }

  endGlitch(at: Milliseconds): void {
    this.#glitchDue = undefined;
    this.#update(at);
  }

  #update(at: Milliseconds): void {
    const isShownGood = this.#isGood !== (this.#glitchDue !== undefined);
    this.#show(this.#stuck ?? (isShownGood ? this.#active : flipped(this.#active)), at);
  }
}
