import { type ComponentName, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Hazard } from "@busbar/hardware";
import { after } from "../clock.ts";
import type { ButtonConfig } from "../config.ts";
import type { Timed } from "../timed.ts";
import { hazard } from "./docket.ts";

/** Sees that a momentary line does not stay asserted: found while it still is, whoever died over it. */
export class ButtonWatch implements Timed {
  readonly #component: ComponentName;
  readonly #button: ButtonConfig;
  readonly #record: (hazard: Hazard, at: Milliseconds) => void;
  #asserted: { readonly at: Milliseconds; readonly by: string; isReported: boolean } | undefined;

  constructor(component: ComponentName, button: ButtonConfig, record: (hazard: Hazard, at: Milliseconds) => void) {
    this.#component = component;
    this.#button = button;
    this.#record = record;
  }

  get deadline(): Milliseconds | undefined {
    if (this.#asserted === undefined || this.#asserted.isReported) return undefined;
    // The limit itself is still allowed; the clock's step is a microsecond.
    return milliseconds(after(this.#asserted.at, this.#button.assertLimit) + 0.001);
  }

  advance(now: Milliseconds): void {
    const { deadline } = this;
    if (this.#asserted === undefined || deadline === undefined || deadline > now) return;
    this.#asserted.isReported = true;
    const { at, by } = this.#asserted;
    const { line, assertLimit } = this.#button;
    const act = { component: this.#component, line, at, by };
    this.#record(
      hazard("asserted-too-long", act, `has kept ${line} asserted for more than ${assertLimit} ms`),
      deadline,
    );
  }

  assert(by: string, at: Milliseconds): void {
    this.#asserted = { at, by, isReported: false };
  }

  release(): void {
    this.#asserted = undefined;
  }
}
