import type { Milliseconds } from "@busbar/contracts";
import type { Hazard } from "@busbar/hardware";
import type { BmcConfig } from "../config.ts";
import type { Timed } from "../timed.ts";
import { ButtonWatch } from "./button-watch.ts";
import { Docket } from "./docket.ts";

/** Judges what clients do to the controller's own reset line. */
export class BmcWatch implements Timed {
  readonly docket = new Docket();
  readonly #bmc: BmcConfig;
  readonly #line: ButtonWatch;

  constructor(bmc: BmcConfig, record: (hazard: Hazard, at: Milliseconds) => void) {
    this.#bmc = bmc;
    this.#line = new ButtonWatch(bmc.component, bmc.resetLine, record);
  }

  get deadline(): Milliseconds | undefined {
    return this.#line.deadline;
  }

  advance(now: Milliseconds): void {
    this.#line.advance(now);
  }

  reset(by: string, at: Milliseconds): void {
    this.#line.assert(by, at);
    this.docket.submit({ kind: "reset", component: this.#bmc.component, line: this.#bmc.resetLine.line, at, by });
  }

  released(): void {
    this.#line.release();
  }
}
