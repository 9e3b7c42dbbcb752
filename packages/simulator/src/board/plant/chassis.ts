import { type Milliseconds, milliseconds } from "@busbar/contracts";
import type { PowerCause, PowerState } from "@busbar/hardware";
import { after } from "../clock.ts";
import { earliest, type Timed } from "../timed.ts";

export interface ChassisModel {
  /** From enabled to rails that a host can be switched on from. */
  readonly rise: Milliseconds;
  /** From disabled to power-good low. The rails themselves are gone at once. */
  readonly fall: Milliseconds;
  /** What the maker demands between off and on; recorded by the hazard judge, not enforced. */
  readonly minimumOff: Milliseconds;
}

export interface ChassisFaults {
  readonly powerGoodDelay: Milliseconds;
}

export type ChassisEffect =
  | { readonly type: "power"; readonly at: Milliseconds; readonly state: PowerState; readonly cause: PowerCause }
  | { readonly type: "rails"; readonly at: Milliseconds; readonly areUp: boolean }
  | { readonly type: "good"; readonly at: Milliseconds; readonly isGood: boolean };

/** The rails that a set of hosts hangs on: on while enabled and fed. */
export class ChassisPlant implements Timed {
  readonly #model: ChassisModel;
  readonly #faults: ChassisFaults;
  readonly #emit: (effect: ChassisEffect) => void;
  #isEnabled = false;
  #isFed = true;
  #power: PowerState = "off";
  #areRailsUp = false;
  #isGood = false;
  #railsDue: Milliseconds | undefined;
  #goodDue: Milliseconds | undefined;

  constructor(model: ChassisModel, faults: ChassisFaults, emit: (effect: ChassisEffect) => void) {
    this.#model = model;
    this.#faults = faults;
    this.#emit = emit;
  }

  get state(): { readonly power: PowerState; readonly rails: boolean } {
    return { power: this.#power, rails: this.#areRailsUp };
  }

  get deadline(): Milliseconds | undefined {
    return earliest([this.#railsDue, this.#goodDue]);
  }

  advance(now: Milliseconds): void {
    for (let at = this.deadline; at !== undefined && at <= now; at = this.deadline) {
      if (at === this.#railsDue) this.#raise(at);
      else this.#goodFollows(at);
    }
  }

  enable(isEnabled: boolean, at: Milliseconds): void {
    this.advance(at);
    this.#isEnabled = isEnabled;
    this.#settle(at, "enable");
  }

  mains(isFed: boolean, at: Milliseconds): void {
    this.advance(at);
    this.#isFed = isFed;
    this.#settle(at, "ac");
  }

  #settle(at: Milliseconds, cause: PowerCause): void {
    const state: PowerState = this.#isEnabled && this.#isFed ? "on" : "off";
    if (state !== this.#power) {
      this.#power = state;
      this.#emit({ type: "power", at, state, cause });
      if (state === "on") this.#railsDue = after(at, this.#model.rise);
      else this.#drop(at);
    }
    this.advance(at);
  }

  #raise(at: Milliseconds): void {
    this.#railsDue = undefined;
    this.#areRailsUp = true;
    this.#emit({ type: "rails", at, areUp: true });
    this.#goodDue = after(at, this.#faults.powerGoodDelay);
  }

  #drop(at: Milliseconds): void {
    this.#railsDue = undefined;
    if (this.#areRailsUp) {
      this.#areRailsUp = false;
      this.#emit({ type: "rails", at, areUp: false });
    }
    this.#goodDue = this.#isGood ? after(at, milliseconds(this.#model.fall + this.#faults.powerGoodDelay)) : undefined;
  }

  #goodFollows(at: Milliseconds): void {
    this.#goodDue = undefined;
    if (this.#isGood === this.#areRailsUp) return;
    this.#isGood = this.#areRailsUp;
    this.#emit({ type: "good", at, isGood: this.#isGood });
  }
}
