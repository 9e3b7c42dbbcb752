import { duration, type Milliseconds } from "@busbar/contracts";
import type { Command } from "commander";
import { durationArgument } from "../arguments/duration.ts";

export interface WaitFlags {
  readonly wait?: boolean | undefined;
  readonly timeout?: Milliseconds | undefined;
}

/** Longer than the operations of the shipped platforms may take: a graceful off alone waits 5 minutes for its host. */
const usualWait = duration("10m");

export const withWait = (command: Command): Command =>
  command
    .option("--wait", "until it has ended; the exit code says how")
    .option("--timeout <duration>", "wait no longer than this (default: 10m); the operation goes on", durationArgument);

/** Undefined: don't wait. */
export function waitIn({ wait = false, timeout }: WaitFlags, command: Command): Milliseconds | undefined {
  if (timeout !== undefined && !wait) command.error("error: --timeout is how long to --wait");
  return wait ? (timeout ?? usualWait) : undefined;
}
