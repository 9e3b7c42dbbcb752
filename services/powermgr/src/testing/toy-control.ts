import type { DomainControl, Power } from "@busbar/backend";
import { BusbarError } from "@busbar/contracts";

/** A host as its buttons see it: a press toggles it, a hold forces it off, a hold on an off host switches it on first. */
export class ToyHost implements DomainControl {
  power: Power;
  missing: string | undefined;
  /** What was done to it, in order. */
  readonly acts: string[] = [];
  /** Told of each press, hold and reset as it begins, and of its end. */
  onLine: (act: string, asserted: boolean) => void = () => {};
  /** How long its button is pressed or held. */
  pulseMs = 1;
  /** How long power-good takes to follow a press, or never. */
  riseMs: number | "never" = 5;
  ignoresButton = false;
  evidence?: () => Promise<string | undefined>;
  #listeners = new Set<(power: Power) => void>();

  constructor(power: Power = "off") {
    this.power = power;
  }

  readonly sense = {
    read: async () => this.power,
    readStable: async () => this.power,
    onChange: (listener: (power: Power) => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };

  readonly powerButton = {
    line: "power-button",
    press: async () => {
      await this.#assert("press");
      if (this.power === "off") this.#follow("on");
      else if (!this.ignoresButton) this.#follow("off");
    },
    hold: async (release: AbortSignal) => {
      await this.#assert("hold");
      if (!this.ignoresButton) this.change("off");
      this.acts.push(release.aborted ? "released early" : "held in full");
    },
  };

  readonly resetButton = {
    line: "reset-button",
    press: async () => {
      await this.#assert("reset");
    },
  };

  unavailable(): string | undefined {
    return this.missing;
  }

  onAvailability(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}

  change(power: Power): void {
    this.power = power;
    for (const listener of this.#listeners) listener(power);
  }

  async #assert(act: string): Promise<void> {
    this.acts.push(act);
    this.onLine(act, true);
    await new Promise((resolve) => setTimeout(resolve, this.pulseMs));
    this.onLine(act, false);
  }

  #follow(power: Power): void {
    if (this.riseMs !== "never") setTimeout(() => this.change(power), this.riseMs);
  }
}

/** A rail: switched by level. */
export class ToyRail implements DomainControl {
  power: Power;
  readonly acts: string[] = [];
  /** How many of the next attempts to set it fail. */
  failures = 0;
  /** Its power-good never comes. */
  isDead = false;
  #listeners = new Set<(power: Power) => void>();

  constructor(power: Power = "off") {
    this.power = power;
  }

  readonly sense = {
    read: async () => this.power,
    readStable: async () => this.power,
    onChange: (listener: (power: Power) => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };

  readonly rail = {
    line: "enable",
    set: async (power: "on" | "off") => {
      if (this.failures > 0) {
        this.failures -= 1;
        this.acts.push(`${power} failed`);
        throw new BusbarError("HARDWARE_UNAVAILABLE", "the enable line is gone", { component: "enable" });
      }
      this.acts.push(power);
      if (power === "off" || !this.isDead) this.change(power);
    },
  };

  unavailable(): string | undefined {
    return undefined;
  }

  onAvailability(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}

  change(power: Power): void {
    this.power = power;
    for (const listener of this.#listeners) listener(power);
  }
}
