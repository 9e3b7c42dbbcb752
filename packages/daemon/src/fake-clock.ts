import { setImmediate as nextTurn } from "node:timers/promises";
import { type Milliseconds, milliseconds } from "@busbar/contracts";
import { type Clock, sleepBy } from "./clock.ts";

interface Pending {
  readonly at: number;
  readonly fire: () => void;
}

/** A clock that goes when told to. */
export class FakeClock implements Clock {
  #bootId: string;
  #wall: number;
  #monotonic = 0;
  #boottime = 0;
  #pending: Pending[] = [];

  constructor({ bootId = "boot-1", wall = 1_700_000_000_000 } = {}) {
    this.#bootId = bootId;
    this.#wall = wall;
  }

  get bootId(): string {
    return this.#bootId;
  }

  /** Timers that haven't fired. */
  get pending(): number {
    return this.#pending.length;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): Milliseconds {
    return milliseconds(this.#monotonic);
  }

  boottime(): Milliseconds {
    return milliseconds(this.#boottime);
  }

  timer(ms: Milliseconds, fire: () => void): () => void {
    const entry: Pending = { at: this.#monotonic + Math.max(0, ms), fire };
    this.#pending.push(entry);
    return () => {
      this.#pending = this.#pending.filter((one) => one !== entry);
    };
  }

  sleep(ms: Milliseconds, signal?: AbortSignal): Promise<void> {
    return sleepBy((wait, fire) => this.timer(wait, fire), ms, signal);
  }

  /** Fires what falls due on the way, in its order and each at its own time; what awaits a sleep goes on afterwards. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (let due = this.#takeDue(end); due !== undefined; due = this.#takeDue(end)) {
      this.#goTo(due.at);
      due.fire();
    }
    this.#goTo(end);
  }

  /** The same, but what awaits a sleep goes on before the next timer falls due. */
  async elapse(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await nextTurn();
    for (let due = this.#takeDue(end); due !== undefined; due = this.#takeDue(end)) {
      this.#goTo(due.at);
      due.fire();
      await nextTurn();
    }
    this.#goTo(end);
  }

  /** The wall clock alone, as NTP or a person does it. */
  stepWall(ms: number): void {
    this.#wall += ms;
  }

  /** The machine sleeps: only CLOCK_MONOTONIC stands still. */
  suspend(ms: number): void {
    this.#wall += ms;
    this.#boottime += ms;
  }

  /** Another boot: whatever was timed is gone. */
  reboot(bootId: string): void {
    this.#bootId = bootId;
    this.#monotonic = 0;
    this.#boottime = 0;
    this.#pending = [];
  }

  #takeDue(end: number): Pending | undefined {
    let first: Pending | undefined;
    for (const one of this.#pending) if (one.at <= end && (first === undefined || one.at < first.at)) first = one;
    if (first !== undefined) this.#pending = this.#pending.filter((one) => one !== first);
    return first;
  }

  #goTo(monotonic: number): void {
    const ms = monotonic - this.#monotonic;
    if (ms <= 0) return; // it was told to go on while a timer fired
    this.#wall += ms;
    this.#boottime += ms;
    this.#monotonic = monotonic;
  }
}
