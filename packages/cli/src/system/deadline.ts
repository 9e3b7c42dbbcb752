import type { Milliseconds } from "@busbar/contracts";

export interface Deadline {
  readonly signal: AbortSignal;
  abort(): void;
  /** Nobody waits any more: lets go of the timer. */
  release(): void;
}

/**
 * Aborts after `ms`, or with `other`. A timer of our own: AbortSignal.any drops its sources to the garbage collector
 * (nodejs/node#57736), and what waits on it may wait for ever.
 */
export function deadline(ms: Milliseconds, other?: AbortSignal): Deadline {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, ms);
  if (other?.aborted) abort();
  other?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    abort,
    release() {
      clearTimeout(timer);
      other?.removeEventListener("abort", abort);
    },
  };
}
