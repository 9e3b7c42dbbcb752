import type { ComponentName, Verb } from "@busbar/contracts";

export interface InterlockQuestion {
  readonly component: ComponentName;
  readonly verb: Verb;
  /** All that the operation would act on. */
  readonly footprint: ReadonlySet<ComponentName>;
}

export interface Denial {
  readonly message: string;
  readonly remedy: string;
}

/** A rule that may refuse an operation, from facts at hand: it never waits and never asks. It is not put before an off. */
export interface Interlock {
  /** As it appears in `Error.reason`. */
  readonly name: string;
  /** A request may override it where `safety.emergencyOverride` allows that; without it nobody may. */
  readonly overridable?: boolean;
  check(question: InterlockQuestion): Denial | undefined;
}
