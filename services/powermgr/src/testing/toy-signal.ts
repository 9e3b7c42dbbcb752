import type { LineState, Signal } from "@busbar/backend";

/** An input line that shows what the test says. */
export class ToySignal implements Signal {
  readonly line: string;
  state: LineState;
  #listeners = new Set<(state: LineState, at: number | undefined) => void>();

  constructor(line: string, state: LineState = "inactive") {
    this.line = line;
    this.state = state;
  }

  async read(): Promise<LineState> {
    return this.state;
  }

  onChange(listener: (state: LineState, at: number | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param at of the edge; left out where the change is learned by reading */
  change(state: LineState, at?: number): void {
    this.state = state;
    for (const listener of this.#listeners) listener(state, at);
  }

  /** An edge whose level is gone by the time it is read. */
  glitch(): void {
    for (const listener of this.#listeners) listener("active", 0);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}
