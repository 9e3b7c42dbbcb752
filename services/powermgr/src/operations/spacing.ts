import { type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";

/**
 * Keeps acts apart: one after the other in the order they came, and none sooner than a delay after the one before it was
 * over. An act that had nothing to do keeps nobody waiting.
 */
export class Spacing {
  #clock: Pick<Clock, "monotonic" | "sleep">;
  #delay: () => Milliseconds;
  #busy = false;
  #waiting: (() => void)[] = [];
  #last = Number.NEGATIVE_INFINITY;

  /** @param delay asked before each act: policies may change meanwhile */
  constructor(clock: Pick<Clock, "monotonic" | "sleep">, delay: () => Milliseconds) {
    this.#clock = clock;
    this.#delay = delay;
  }

  /** An act of an earlier run of this process. @param at on the monotonic clock */
  remember(at: Milliseconds): void {
    this.#last = Math.max(this.#last, at);
  }

  /** Runs `act` in its turn. @throws the signal's reason when that comes before the turn */
  async pass<Outcome extends string>(act: () => Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
    await this.#enter(signal);
    try {
      await this.#rest(signal);
      return await this.#noted(act);
    } finally {
      this.#leave();
    }
  }

  async #noted<Outcome extends string>(act: () => Promise<Outcome>): Promise<Outcome> {
    let isActed = true;
    try {
      const outcome = await act();
      isActed = outcome !== "no-op";
      return outcome;
    } finally {
      if (isActed) this.remember(this.#clock.monotonic());
    }
  }

  async #rest(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const left = this.#last + this.#delay() - this.#clock.monotonic();
      if (left <= 0) return;
      await this.#clock.sleep(milliseconds(left), signal);
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#busy) {
      this.#busy = true;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting = this.#waiting.filter((other) => other !== enter);
        reject(signal.reason);
      };
      this.#waiting.push(enter);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy = false;
  }
}
