import { BusbarError, type Milliseconds } from "@busbar/contracts";
import type { GpioLine } from "@busbar/hardware";

/** How often a release that failed is tried again before the line is given up as lost. */
const releaseAttempts = 3;

/**
 * Asserts a momentary line and releases it after `width`, or at `release` if that comes first. The release is made
 * whatever happens in between; a kill is covered by the unit's release step (DESIGN §8).
 * @throws BusbarError HARDWARE_UNAVAILABLE when the line never was asserted, POWER_OPERATION_FAILED when it may have been
 */
export async function pulse(line: GpioLine, width: Milliseconds, release?: AbortSignal): Promise<void> {
  const lost = new AbortController();
  const unsubscribe = line.onLost((reason) => lost.abort(reason));
  try {
    await assert(line);
    await wait(width, release ? [release, lost.signal] : [lost.signal]);
    await unassert(line);
  } finally {
    unsubscribe();
  }
}

async function assert(line: GpioLine): Promise<void> {
  try {
    await line.set(1);
  } catch (cause) {
    // A set that failed may still have reached the wire: take it back, and say that we don't know.
    await line.set(0).catch(() => undefined); // the first error is the one that tells
    throw new BusbarError(
      "POWER_OPERATION_FAILED",
      `line ${line.name} could not be asserted: ${(cause as Error).message}`,
      {
        component: line.name,
        reason: "line-failed",
        remedy: "check the line and its chip; read power-good before trying again",
        cause,
      },
    );
  }
}

async function unassert(line: GpioLine): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await line.set(0);
    } catch (cause) {
      if (attempt < releaseAttempts) continue;
      throw new BusbarError(
        "POWER_OPERATION_FAILED",
        `line ${line.name} could not be released: ${(cause as Error).message}`,
        {
          component: line.name,
          reason: "line-stuck",
          remedy: "it is released when the chip is back; check the board",
          cause,
        },
      );
    }
  }
}

/** Resolves after `width`, or when one of `cuts` aborts. */
function wait(width: Milliseconds, cuts: readonly AbortSignal[]): Promise<void> {
  if (width === 0 || cuts.some((cut) => cut.aborted)) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      for (const cut of cuts) cut.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, width);
    for (const cut of cuts) cut.addEventListener("abort", finish, { once: true });
  });
}
