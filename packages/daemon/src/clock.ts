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
  /** CLOCK_BOOTTIME: what deadlines in rows are written in, together with `bootId`. */
  boottime(): Milliseconds;
  readonly bootId: string;
}

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return randomUUID(); // no such file: every start counts as a boot, so nothing old is trusted
  }
}

export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => milliseconds(performance.now()),
    boottime: () => milliseconds(uptime() * 1000),
    bootId: readBootId(),
  };
}

/** A clock that goes when told to. */
export class FakeClock implements Clock {
  readonly bootId: string;
  #wall: number;
  #monotonic = 0;

  constructor({ bootId = "boot-1", wall = 1_700_000_000_000 } = {}) {
    this.bootId = bootId;
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): Milliseconds {
    return milliseconds(this.#monotonic);
  }

  boottime(): Milliseconds {
    return milliseconds(this.#monotonic);
  }

  advance(ms: number): void {
    this.#wall += ms;
    this.#monotonic += ms;
  }

  /** The wall clock alone, as NTP or a person does it. */
  stepWall(ms: number): void {
    this.#wall += ms;
  }
}
