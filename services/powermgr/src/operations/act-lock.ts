import type { ComponentName } from "@busbar/contracts";

/**
 * One act on a component at a time. Operations keep out of each other's way by their footprints; an emergency off does not
 * wait for those, and must still not hold a button that another one is pressing.
 */
export class ActLock {
  #tails = new Map<ComponentName, Promise<unknown>>();

  async through<T>(component: ComponentName, act: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(component);
    // Nothing to wait for is nothing to wait for: an emergency acts in this very turn.
    const acting = before === undefined ? act() : before.then(act);
    const tail = acting.then(
      () => undefined,
      () => undefined, // whoever asked for it hears of it
    );
    this.#tails.set(component, tail);
    try {
      return await acting;
    } finally {
      if (this.#tails.get(component) === tail) this.#tails.delete(component);
    }
  }
}
