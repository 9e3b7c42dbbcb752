import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import { type Milliseconds, milliseconds } from "@busbar/contracts";

/** Time as an argument, so that tests can turn it. */
export interface Clock {
  /** Wall time, milliseconds since 1970: for people only, because it can step. */
  now(): number;
  /** CLOCK_MONOTONIC: stands still while the machine sleeps. */
  monotonic(): Milliseconds;
  /** CLOCK_BOOTTIME, to 10 ms: what deadlines in rows are written in, together with `bootId`. */
  boottime(): Milliseconds;
  readonly bootId: string;
  /** @throws the signal's reason, at once when it is aborted */
  sleep(ms: Milliseconds, signal?: AbortSignal): Promise<void>;
  /** Calls `fire` once, `ms` from now on the monotonic clock. @returns cancels it */
  timer(ms: Milliseconds, fire: () => void): () => void;
}

/** Node fires a timer beyond this (24.8 days) at once. */
const longestTimeout = 2 ** 31 - 1;

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return randomUUID(); // no such file (a unit with ProcSubset=pid): every start counts as a boot, so nothing old is trusted
  }
}

export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => milliseconds(performance.now()),
    boottime: () => milliseconds(uptime() * 1000),
    bootId: readBootId(),
    timer: startTimer,
    sleep: (ms, signal) => sleepBy(startTimer, ms, signal),
  };
}

function startTimer(ms: Milliseconds, fire: () => void): () => void {
  const end = performance.now() + ms;
  let timeout: NodeJS.Timeout;
  const wait = (left: number) => {
    timeout =
      left > longestTimeout ? setTimeout(() => wait(end - performance.now()), longestTimeout) : setTimeout(fire, left);
  };
  wait(Math.max(0, ms));
  return () => clearTimeout(timeout);
}

/** A sleep made of a clock's timer. */
export function sleepBy(timer: Clock["timer"], ms: Milliseconds, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = timer(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
