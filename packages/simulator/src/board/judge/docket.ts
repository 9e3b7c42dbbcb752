import type { Milliseconds } from "@busbar/contracts";
import type { Effect, Hazard, HazardCode } from "@busbar/hardware";
import type { Act } from "./act.ts";
import { type Accepted, Intents } from "./intents.ts";

/** One component's acts that no accepted request has explained yet: the news of it may still come. */
export class Docket {
  readonly #intents = new Intents();
  #pending: Act[] = [];

  submit(act: Act): void {
    if (!this.#intents.explain(act)) this.#pending.push(act);
  }

  /** The act turned out to be another one (a press that became a hold), or is judged already. */
  withdraw(act: Act): void {
    this.#intents.retract(act);
    this.#pending = this.#pending.filter((each) => each !== act);
  }

  accept(operation: string, effect: Effect, at: Milliseconds): void {
    this.#intents.accept(operation, effect, at);
    // In the order of the acts, so that a toggle's request goes to the earliest one that it explains.
    this.#pending = this.#pending.filter((act) => !this.#intents.explain(act));
  }

  over(operation: string, at: Milliseconds): void {
    this.#intents.over(operation, at);
  }

  /** The pending acts as the hazards that they are unless they get explained. */
  pending(): Hazard[] {
    return this.#pending.map((act) => charge(act, this.#intents));
  }

  /** No more news will come: nothing is pending any more. */
  close(): void {
    this.#pending = [];
  }
}

function charge(act: Act, intents: Intents): Hazard {
  switch (act.kind) {
    case "press-on":
    case "press-off": {
      const did = `pressed ${act.line} while ${act.component} was ${act.kind === "press-on" ? "off" : "on"}`;
      const live = intents.opposedTo(act, true);
      if (live !== undefined) return hazard("opposite-press", act, `${did}; accepted was ${named(live)}`);
      const repeated = intents.repeatedBy(act);
      if (repeated !== undefined) return hazard("repeated-toggle", act, `${did}, again for ${named(repeated)}`);
      const opposed = intents.opposedTo(act, false);
      if (opposed !== undefined) return hazard("opposite-press", act, `${did}; accepted was ${named(opposed)}`);
      return hazard("unrequested-press", act, `${did}; nobody had asked for it`);
    }
    case "reset": {
      const repeated = intents.repeatedBy(act);
      if (repeated !== undefined)
        return hazard("repeated-toggle", act, `asserted ${act.line}, again for ${named(repeated)}`);
      return hazard("unrequested-reset", act, `asserted ${act.line}; nobody had asked for a reset`);
    }
    case "hold":
      return hazard(
        "unrequested-hold",
        act,
        `held ${act.line} past the force threshold; nobody had asked for a force off`,
      );
    case "switch-on":
    case "switch-off":
      return hazard(
        "unrequested-switch",
        act,
        `switched ${act.line} ${act.kind.slice("switch-".length)}; nobody had asked for it`,
      );
    case "drop":
      return hazard("rail-dropped", act, `switched ${act.line} off under a running host`);
  }
}

const named = ({ operation, effect }: Accepted): string => `${effect} (operation ${operation})`;

export const hazard = (code: HazardCode, { line, component, at, by }: Omit<Act, "kind">, text: string): Hazard => ({
  code,
  line,
  component,
  when: at,
  text: `${by} ${text}`,
});
