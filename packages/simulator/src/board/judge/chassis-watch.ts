import type { Milliseconds } from "@busbar/contracts";
import type { Hazard, JournalEvent } from "@busbar/hardware";
import type { ChassisConfig } from "../config.ts";
import type { Act } from "./act.ts";
import { Docket, hazard } from "./docket.ts";

/** Judges what clients do to one chassis' rail enable, by what hangs on the rails at that moment. */
export class ChassisWatch {
  readonly docket = new Docket();
  readonly #chassis: ChassisConfig;
  readonly #hasRunningHost: () => boolean;
  readonly #record: (hazard: Hazard, at: Milliseconds) => void;
  #offSince: Milliseconds | undefined;

  constructor(
    chassis: ChassisConfig,
    hasRunningHost: () => boolean,
    record: (hazard: Hazard, at: Milliseconds) => void,
  ) {
    this.#chassis = chassis;
    this.#hasRunningHost = hasRunningHost;
    this.#record = record;
  }

  wentOff(at: Milliseconds): void {
    this.#offSince = at;
  }

  /** A client has changed the enable. Returns the act. */
  switched({ asserted, line, by, at }: Extract<JournalEvent, { readonly type: "edge" }>): Act {
    const { component, model } = this.#chassis;
    const kind = asserted ? "switch-on" : this.#hasRunningHost() ? "drop" : "switch-off";
    const act: Act = { kind, component, line, at, by };
    this.docket.submit(act);
    const off = this.#offSince === undefined ? undefined : at - this.#offSince;
    if (asserted && off !== undefined && off < model.minimumOff) {
      const text = `switched ${component} on ${off.toFixed(1)} ms after it went off; the minimum is ${model.minimumOff} ms`;
      this.#record(hazard("off-time", act, text), at);
    }
    return act;
  }
}
