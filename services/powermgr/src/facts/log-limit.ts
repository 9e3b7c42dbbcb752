import type { Milliseconds } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";

interface Window {
  readonly since: number;
  written: number;
  suppressed: number;
}

/** How many lines of a kind are written in a while; the first one after it says how many were not. */
export class LogLimit {
  #clock: Clock;
  #lines: number;
  #per: Milliseconds;
  #windows = new Map<string, Window>();

  constructor(clock: Clock, lines: number, per: Milliseconds) {
    this.#clock = clock;
    this.#lines = lines;
    this.#per = per;
  }

  /** Calls `write` unless there was enough of this kind. Kinds are few and fixed: they are kept for ever. */
  write(kind: string, write: (suppressed: number) => void): void {
    const now = this.#clock.monotonic();
    const open = this.#windows.get(kind);
    if (open === undefined || now - open.since >= this.#per) {
      this.#windows.set(kind, { since: now, written: 1, suppressed: 0 });
      write(open?.suppressed ?? 0);
      return;
    }
    if (open.written < this.#lines) {
      open.written += 1;
      write(0);
    } else {
      open.suppressed += 1;
    }
  }
}
