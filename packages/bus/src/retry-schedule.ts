import { type Milliseconds, milliseconds } from "@busbar/contracts";

export interface RetrySchedule {
  readonly first: Milliseconds;
  /** No wait is longer than this, scatter included. */
  readonly cap: Milliseconds;
}

/**
 * Waits that double from `first` to `cap`, each shortened by up to a quarter, so that the daemons that lost one
 * broker don't all come back in the same instant. Ends never: the reader decides when to give up.
 */
export function* retryWaits(
  schedule: RetrySchedule,
  random: () => number = Math.random,
): Generator<Milliseconds, never> {
  let wait: number = schedule.first;
  for (;;) {
    yield milliseconds(wait * (1 - random() / 4));
    wait = Math.min(wait * 2, schedule.cap);
  }
}
