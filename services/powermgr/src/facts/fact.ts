import type { Milliseconds } from "@busbar/contracts";

/** Something observed, and how long ago. Unknown is a value: what was never heard of, and what is too old to be relied on. */
export type Fact<T> =
  | { readonly is: "never-heard" }
  | { readonly is: "stale"; readonly value: T; readonly age: Milliseconds }
  | { readonly is: "known"; readonly value: T; readonly age: Milliseconds };

export interface Observed<T> {
  readonly value: T;
  /** CLOCK_BOOTTIME. */
  readonly at: number;
}
