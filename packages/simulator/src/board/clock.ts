import { type Milliseconds, milliseconds } from "@busbar/contracts";

export type Clock = () => Milliseconds;

/** CLOCK_MONOTONIC to the microsecond: the same clock in every process, so that a test can compare its own stamps. */
export const monotonic: Clock = () => milliseconds(Number(process.hrtime.bigint() / 1_000n) / 1_000);

export const after = (start: Milliseconds, delay: Milliseconds): Milliseconds => milliseconds(start + delay);
