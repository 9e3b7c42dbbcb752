import type { Milliseconds } from "@busbar/contracts";
import type { WireLevel } from "@busbar/hardware";
import { after } from "./clock.ts";
import type { HostConfig } from "./config.ts";
import { flipped, type Lines, panel } from "./lines.ts";
import { earliest, type Timed } from "./timed.ts";

interface SensedButton {
  readonly active: WireLevel;
  /** The host's button line that the same press pulls; undefined where only the BMC sees it. */
  readonly feltOn: string | undefined;
}

/** A human's finger on the front panel's buttons. */
export class Panel implements Timed {
  readonly #lines: Pick<Lines, "press" | "sense">;
  /** Buttons on lines of their own. */
  readonly #sensed = new Map<string, SensedButton>();
  readonly #releases = new Map<string, Milliseconds>();

  constructor(hosts: readonly HostConfig[], lines: Pick<Lines, "press" | "sense">) {
    this.#lines = lines;
    for (const host of hosts) {
      for (const key of ["powerButton", "resetButton"] as const) {
        const input = host.panel?.[key];
        if (input === undefined) continue;
        const feltOn = host.panel?.wired === "direct" ? host[key]?.line : undefined;
        this.#sensed.set(input.line, { active: input.active, feltOn });
      }
    }
  }

  /** Whether it is a button on a line of its own; every button line of a host can be pressed besides. */
  has(line: string): boolean {
    return this.#sensed.has(line);
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

  #contact(line: string, isPressed: boolean, at: Milliseconds): void {
    const sensed = this.#sensed.get(line);
    if (sensed === undefined) {
      this.#lines.press(line, isPressed, at);
      return;
    }
    this.#lines.sense(line, isPressed ? sensed.active : flipped(sensed.active), at, panel);
    if (sensed.feltOn !== undefined) this.#lines.press(sensed.feltOn, isPressed, at);
  }
}
