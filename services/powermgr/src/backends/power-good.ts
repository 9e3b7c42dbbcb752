import type { Power, Sense } from "@busbar/backend";
import type { Milliseconds } from "@busbar/contracts";
import type { Level } from "@busbar/hardware";
import type { PowerGood } from "@busbar/platform";
import type { HeldLine } from "./held-line.ts";

/** Reads that must not agree before a level that keeps changing is called unknown. */
const stableAttempts = 5;

/**
 * What the power-good lines of a domain say together. Lines of `all` that disagree are a domain half way, which is
 * neither on nor off; a line that can't be read makes all of it unknown, unless the others decide.
 */
export function combine(require: PowerGood["require"], levels: readonly (Level | undefined)[]): Power {
  // Nothing looked at shows nothing.
  if (levels.length === 0) return "unknown";
  const all = (level: Level) => levels.every((each) => each === level);
  if (require === "any" && levels.some((level) => level === 1)) return "on";
  if (all(1)) return "on";
  if (all(0)) return "off";
  return "unknown";
}

/** Follows power-good by debounced edges, and reads the level again after each one: an edge can be missed, a level can't. */
export class PowerGoodSense implements Sense {
  #require: PowerGood["require"];
  #lines: readonly HeldLine[];
  #debounce: Milliseconds;
  #last: Power = "unknown";
  #listeners = new Set<(power: Power) => void>();
  #unsubscribe: (() => void)[];
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #closed = false;

  constructor(require: PowerGood["require"], lines: readonly HeldLine[], debounce: Milliseconds) {
    this.#require = require;
    this.#lines = lines;
    this.#debounce = debounce;
    const look = () => void this.look();
    this.#unsubscribe = lines.flatMap((line) => [line.onEdge(look), line.onAvailability(look)]);
  }

  async read(): Promise<Power> {
    return combine(this.#require, await Promise.all(this.#lines.map(levelOf)));
  }

  async readStable(): Promise<Power> {
    let power = await this.read();
    if (this.#debounce === 0) return power;
    for (let attempt = 0; attempt < stableAttempts; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, this.#debounce));
      const again = await this.read();
      if (again === power) return power;
      power = again;
    }
    return "unknown";
  }

  onChange(listener: (power: Power) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Reads and tells the listeners what changed; resolves when that is done, also for who asks while it goes on. Looks that
   * meet are one after the other, so the last one is the truth.
   */
  look(): Promise<void> {
    this.#lookAgain = true;
    this.#looking ??= this.#lookUntilSettled();
    return this.#looking;
  }

  async #lookUntilSettled(): Promise<void> {
    try {
      while (this.#lookAgain) {
        this.#lookAgain = false;
        const power = await this.readStable();
        if (power === this.#last || this.#closed) continue;
        this.#last = power;
        for (const listener of this.#listeners) listener(power);
      }
    } finally {
      // In the same turn as the last question whether to look again: a look asked for later begins anew.
      this.#looking = undefined;
    }
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#unsubscribe) end();
  }
}

/** Undefined: it can't be read. */
export async function levelOf(line: Pick<HeldLine, "missing" | "use">): Promise<Level | undefined> {
  if (line.missing !== undefined) return undefined;
  try {
    return await line.use().get();
  } catch {
    return undefined; // unreadable is unknown; the line's own loss says why
  }
}
