/**
 * Keeps the reset of the BMC apart from pulses: a BMC that restarts in the middle of one would leave its line to chance.
 * Whoever closes the gate waits for the pulses under way; whoever wants to enter meanwhile waits for its opening.
 */
export class PulseGate {
  #inside = 0;
  #closed = false;
  #waiting = new Set<() => void>();

  /** Runs `pulse` when the gate is open. @throws the signal's reason when that comes first */
  async through<T>(pulse: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#until(() => !this.#closed, signal);
    this.#inside += 1;
    try {
      return await pulse();
    } finally {
      this.#inside -= 1;
      this.#wake();
    }
  }

  /** Runs `reset` when no pulse is under way, and lets none begin before it has ended. */
  async alone<T>(reset: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#until(() => !this.#closed, signal);
    this.#closed = true;
    try {
      await this.#until(() => this.#inside === 0, signal);
      return await reset();
    } finally {
      this.#closed = false;
      this.#wake();
    }
  }

  async #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    while (!condition()) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const finish = () => {
          this.#waiting.delete(finish);
          signal.removeEventListener("abort", finish);
          resolve();
        };
        this.#waiting.add(finish);
        signal.addEventListener("abort", finish, { once: true });
      });
    }
  }

  #wake(): void {
    for (const finish of [...this.#waiting]) finish();
  }
}
