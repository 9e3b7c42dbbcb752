import type { Bus } from "@busbar/bus";
import { componentOf, decodeStateChange, type Milliseconds, subjects } from "@busbar/contracts";
import { type StateChangeShape, stateChangeEventShape } from "../shapes/state-change.ts";

/** State changes as they come, kept until they are taken. What an outage of the broker swallows never comes. */
export class ChangeFeed {
  #waiting: StateChangeShape[] = [];
  #wake = () => {};

  /** Resolves when nothing can be missed any more. */
  static async open(bus: Bus, signal: AbortSignal): Promise<ChangeFeed> {
    const feed = new ChangeFeed();
    await bus.subscribe(
      subjects.everyTransition,
      ({ subject, data }) => {
        feed.#waiting.push(stateChangeEventShape(decodeStateChange(componentOf(subject), data)));
        feed.#wake();
      },
      signal,
    );
    return feed;
  }

  take(): readonly StateChangeShape[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Resolves when there is something to take, or after `ms`. @throws the signal's reason */
  async next(ms: Milliseconds, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting.length > 0) return;
    await new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        this.#wake = () => {};
        resolve();
      };
      const timer = setTimeout(finish, ms);
      signal.addEventListener("abort", finish, { once: true });
      this.#wake = finish;
    });
    signal.throwIfAborted();
  }
}
