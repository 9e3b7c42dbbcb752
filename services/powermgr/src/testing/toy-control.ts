import type { DomainControl, Power } from "@busbar/backend";

/** A host as its buttons see it: a press toggles it, a hold forces it off, a hold on an off host switches it on first. */
export class ToyHost implements DomainControl {
  power: Power;
  missing: string | undefined;
  /** What was done to it, in order. */
  readonly acts: string[] = [];
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
      this.acts.push("press");
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.power === "off") this.#follow("on");
      else if (!this.ignoresButton) this.#follow("off");
    },
    hold: async (release: AbortSignal) => {
      this.acts.push("hold");
      await new Promise((resolve) => setTimeout(resolve, 1));
      this.change("off");
      this.acts.push(release.aborted ? "released early" : "held in full");
    },
  };

  readonly resetButton = {
    line: "reset-button",
    press: async () => {
      this.acts.push("reset");
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

  #follow(power: Power): void {
    if (this.riseMs !== "never") setTimeout(() => this.change(power), this.riseMs);
  }
}

/** A rail: switched by level. */
export class ToyRail implements DomainControl {
  power: Power;
  readonly acts: string[] = [];
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
      this.acts.push(power);
      this.power = power;
      for (const listener of this.#listeners) listener(power);
    },
  };

  unavailable(): string | undefined {
    return undefined;
  }

  onAvailability(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}
}
