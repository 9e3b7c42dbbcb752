import { type Milliseconds, milliseconds } from "@busbar/contracts";
import type { OsState, PowerCause, PowerState } from "@busbar/hardware";
import { after } from "../clock.ts";
import type { Timed } from "../timed.ts";
import { Pulse } from "./pulse.ts";

export interface HostModel {
  /** From switched on to power-good. */
  readonly powerGoodRise: Milliseconds;
  readonly powerGoodFall: Milliseconds;
  /** From power-good, or the end of a reset, to a running operating system. */
  readonly boot: Milliseconds;
  /** From the press on a running system to power off. */
  readonly gracefulShutdown: Milliseconds;
  /** A hold of this length forces power off, at that moment. */
  readonly forceThreshold: Milliseconds;
  /** What the board's maker demands between off and on. The host doesn't enforce it; the hazard judge records it. */
  readonly minimumOff: Milliseconds;
  /** Shorter presses are missed. */
  readonly minimumPulse: Milliseconds;
  /** Shorter resets are missed. */
  readonly minimumReset: Milliseconds;
  /** A press before the system runs gets lost, or the firmware switches off at once (ACPI not enabled yet). */
  readonly buttonDuringBoot: "ignored" | "power-off";
  /** The system is configured to take no notice of a press. */
  readonly ignoresButton: boolean;
}

/** Asked at the moment when it matters, so that a fault set in between still counts. */
export interface HostFaults {
  readonly powerGoodDelay: Milliseconds;
  readonly isButtonDead: boolean;
  readonly osIgnoresButton: boolean;
  readonly isResetDead: boolean;
  readonly bootHangs: boolean;
}

export type HostEffect =
  | { readonly type: "power"; readonly at: Milliseconds; readonly state: PowerState; readonly cause: PowerCause }
  | { readonly type: "good"; readonly at: Milliseconds; readonly isGood: boolean }
  | { readonly type: "os"; readonly at: Milliseconds; readonly state: OsState }
  | { readonly type: "reset"; readonly at: Milliseconds };

export interface HostState {
  readonly power: PowerState;
  readonly os: OsState;
  /** How often the system began to boot. */
  readonly boots: number;
  readonly resets: number;
}

interface Due {
  readonly at: Milliseconds;
  readonly happen: (at: Milliseconds) => void;
}

/**
 * A server as its buttons see it. A press acts when it is asserted, not when it is released: it switches an off host
 * on and asks a running system to shut down. The same assertion held to the force threshold cuts power at that moment,
 * also when it was this press that switched the host on (chipsets count the hold, not what came before it).
 */
export class HostPlant implements Timed {
  readonly #model: HostModel;
  readonly #faults: HostFaults;
  readonly #emit: (effect: HostEffect) => void;
  readonly #press: Pulse;
  readonly #reset: Pulse;
  #hasRail = false;
  #power: PowerState = "off";
  #isGood = false;
  #os: OsState = "down";
  #goodDue: Milliseconds | undefined;
  #osDue: Milliseconds | undefined;
  #holdDue: Milliseconds | undefined;
  #boots = 0;
  #resets = 0;

  constructor(model: HostModel, faults: HostFaults, emit: (effect: HostEffect) => void) {
    this.#model = model;
    this.#faults = faults;
    this.#emit = emit;
    this.#press = new Pulse(model.minimumPulse);
    this.#reset = new Pulse(model.minimumReset);
  }

  get state(): HostState {
    return { power: this.#power, os: this.#os, boots: this.#boots, resets: this.#resets };
  }

  get deadline(): Milliseconds | undefined {
    return this.#next()?.at;
  }

  advance(now: Milliseconds): void {
    for (let due = this.#next(); due !== undefined && due.at <= now; due = this.#next()) due.happen(due.at);
  }

  rail(isUp: boolean, at: Milliseconds): void {
    this.#at(at, () => {
      this.#hasRail = isUp;
      if (!isUp) this.#switchOff(at, "rail");
    });
  }

  button(isPressed: boolean, at: Milliseconds): void {
    this.#at(at, () => {
      this.#press.follow(isPressed, at);
      this.#holdDue = isPressed ? after(at, this.#model.forceThreshold) : undefined;
    });
  }

  resetButton(isPressed: boolean, at: Milliseconds): void {
    this.#at(at, () => {
      const ended = this.#reset.follow(isPressed, at);
      if (ended && this.#os === "in-reset") this.#startBoot(at);
    });
  }

  /** A regulator gives up. */
  trip(at: Milliseconds): void {
    this.#at(at, () => this.#switchOff(at, "trip"));
  }

  /** Somebody shuts the system down from within. */
  osPoweroff(at: Milliseconds): void {
    this.#at(at, () => {
      if (this.#os === "up") this.#startShutdown(at);
    });
  }

  /** Whatever was due before comes first; what is due without delay comes in the same turn. */
  #at(at: Milliseconds, act: () => void): void {
    this.advance(at);
    act();
    this.advance(at);
  }

  #next(): Due | undefined {
    const press = this.#press.deadline;
    const reset = this.#reset.deadline;
    const dues: Due[] = [];
    if (press !== undefined) dues.push({ at: press, happen: (at) => this.#pressed(at) });
    if (reset !== undefined) dues.push({ at: reset, happen: (at) => this.#resetSeen(at) });
    if (this.#goodDue !== undefined) dues.push({ at: this.#goodDue, happen: (at) => this.#goodFollows(at) });
    if (this.#osDue !== undefined) dues.push({ at: this.#osDue, happen: (at) => this.#osGoesOn(at) });
    if (this.#holdDue !== undefined) dues.push({ at: this.#holdDue, happen: (at) => this.#held(at) });
    return dues.reduce<Due | undefined>(
      (first, due) => (first === undefined || due.at < first.at ? due : first),
      undefined,
    );
  }

  #pressed(at: Milliseconds): void {
    this.#press.see();
    if (this.#faults.isButtonDead) return;
    if (this.#power === "off") {
      if (this.#hasRail) this.#switchOn(at);
      return;
    }
    switch (this.#os) {
      case "up":
        if (!this.#model.ignoresButton && !this.#faults.osIgnoresButton) this.#startShutdown(at);
        return;
      case "booting":
        if (this.#model.buttonDuringBoot === "power-off") this.#switchOff(at, "press");
        return;
      case "down":
      case "in-reset":
      case "shutting-down":
      case "hung":
        return;
    }
  }

  #held(at: Milliseconds): void {
    this.#holdDue = undefined;
    if (!this.#faults.isButtonDead) this.#switchOff(at, "hold");
  }

  #resetSeen(at: Milliseconds): void {
    this.#reset.see();
    // Without power-good the chipset itself is held in reset and can't take another.
    if (this.#power === "off" || !this.#isGood || this.#faults.isResetDead) return;
    this.#resets += 1;
    this.#emit({ type: "reset", at });
    this.#osDue = undefined;
    this.#setOs("in-reset", at);
  }

  #switchOn(at: Milliseconds): void {
    this.#power = "on";
    this.#emit({ type: "power", at, state: "on", cause: "press" });
    // Power-good of the last run may not have fallen yet; the supply takes it down before it starts.
    if (this.#isGood) this.#setGood(false, at);
    this.#goodDue = after(at, this.#slowed(this.#model.powerGoodRise));
  }

  #switchOff(at: Milliseconds, cause: PowerCause): void {
    if (this.#power === "off") return;
    this.#power = "off";
    this.#emit({ type: "power", at, state: "off", cause });
    this.#osDue = undefined;
    this.#setOs("down", at);
    this.#goodDue = this.#isGood ? after(at, this.#slowed(this.#model.powerGoodFall)) : undefined;
  }

  #goodFollows(at: Milliseconds): void {
    this.#goodDue = undefined;
    const isGood = this.#power === "on";
    this.#setGood(isGood, at);
    if (!isGood) return;
    if (this.#reset.since === undefined) this.#startBoot(at);
    else this.#setOs("in-reset", at);
  }

  #startBoot(at: Milliseconds): void {
    this.#boots += 1;
    this.#setOs("booting", at);
    this.#osDue = after(at, this.#model.boot);
  }

  #startShutdown(at: Milliseconds): void {
    this.#setOs("shutting-down", at);
    this.#osDue = after(at, this.#model.gracefulShutdown);
  }

  #osGoesOn(at: Milliseconds): void {
    this.#osDue = undefined;
    if (this.#os === "shutting-down") this.#switchOff(at, "shutdown");
    else if (this.#os === "booting") this.#setOs(this.#faults.bootHangs ? "hung" : "up", at);
  }

  #setGood(isGood: boolean, at: Milliseconds): void {
    this.#isGood = isGood;
    this.#emit({ type: "good", at, isGood });
  }

  #setOs(state: OsState, at: Milliseconds): void {
    if (this.#os === state) return;
    this.#os = state;
    this.#emit({ type: "os", at, state });
  }

  #slowed(usual: Milliseconds): Milliseconds {
    return milliseconds(usual + this.#faults.powerGoodDelay);
  }
}
