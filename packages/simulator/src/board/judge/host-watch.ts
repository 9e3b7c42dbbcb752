import type { Milliseconds } from "@busbar/contracts";
import type { Hazard, PowerState } from "@busbar/hardware";
import { after } from "../clock.ts";
import type { HostConfig } from "../config.ts";
import { earliest, type Timed } from "../timed.ts";
import type { Act } from "./act.ts";
import { ButtonWatch } from "./button-watch.ts";
import { Docket, hazard } from "./docket.ts";

interface Press {
  readonly act: Act;
  /** When the hold begins to count; undefined once it has. */
  holdDue: Milliseconds | undefined;
  switchedOn: boolean;
}

/** Judges what clients do to one host's buttons, by what the host was at that moment. */
export class HostWatch implements Timed {
  readonly docket = new Docket();
  readonly #host: HostConfig;
  readonly #record: (hazard: Hazard, at: Milliseconds) => void;
  readonly #powerButton: ButtonWatch;
  readonly #resetButton: ButtonWatch | undefined;
  #power: PowerState = "off";
  #offSince: Milliseconds | undefined;
  #press: Press | undefined;

  constructor(host: HostConfig, record: (hazard: Hazard, at: Milliseconds) => void) {
    this.#host = host;
    this.#record = record;
    this.#powerButton = new ButtonWatch(host.component, host.powerButton, record);
    this.#resetButton =
      host.resetButton === undefined ? undefined : new ButtonWatch(host.component, host.resetButton, record);
  }

  get isRunning(): boolean {
    return this.#power === "on";
  }

  get deadline(): Milliseconds | undefined {
    return earliest([this.#press?.holdDue, this.#powerButton.deadline, this.#resetButton?.deadline]);
  }

  advance(now: Milliseconds): void {
    const due = this.#press?.holdDue;
    if (this.#press !== undefined && due !== undefined && due <= now) this.#held(this.#press, due);
    this.#powerButton.advance(now);
    this.#resetButton?.advance(now);
  }

  /** A client has pressed the power button. Returns the act. */
  pressed(by: string, at: Milliseconds): Act {
    const { component, powerButton, model } = this.#host;
    const act: Act = { kind: this.isRunning ? "press-off" : "press-on", component, line: powerButton.line, at, by };
    this.#press = { act, holdDue: after(at, model.forceThreshold), switchedOn: false };
    this.#powerButton.assert(by, at);
    this.docket.submit(act);
    return act;
  }

  powerButtonReleased(): void {
    this.#press = undefined;
    this.#powerButton.release();
  }

  /** A client has asserted the reset button. */
  reset(line: string, by: string, at: Milliseconds): void {
    this.#resetButton?.assert(by, at);
    this.docket.submit({ kind: "reset", component: this.#host.component, line, at, by });
  }

  resetButtonReleased(): void {
    this.#resetButton?.release();
  }

  power(state: PowerState, at: Milliseconds): void {
    this.#power = state;
    if (state === "off") {
      this.#offSince = at;
      return;
    }
    if (this.#press === undefined) return;
    this.#press.switchedOn = true;
    const off = this.#offSince === undefined ? undefined : at - this.#offSince;
    const { minimumOff } = this.#host.model;
    if (off === undefined || off >= minimumOff) return;
    const text = `switched ${this.#host.component} on ${off.toFixed(1)} ms after it went off; the minimum is ${minimumOff} ms`;
    this.#record(hazard("off-time", this.#press.act, text), at);
  }

  #held(press: Press, at: Milliseconds): void {
    press.holdDue = undefined;
    this.docket.withdraw(press.act);
    if (press.switchedOn) {
      const text = `held ${press.act.line} on the host that was off: it switched on and was then forced off`;
      this.#record(hazard("hold-powers-on", press.act, text), at);
      return;
    }
    this.docket.submit({ ...press.act, kind: "hold" });
  }
}
