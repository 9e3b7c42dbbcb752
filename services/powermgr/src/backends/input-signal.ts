import type { LineState, Signal } from "@busbar/backend";
import type { Edge, Level } from "@busbar/hardware";
import type { HeldLine } from "./held-line.ts";
import { levelOf } from "./power-good.ts";

/** What of a held line a signal needs. */
export type SignalLine = Pick<HeldLine, "name" | "missing" | "use" | "onEdge" | "onAvailability">;

const stateOf = (level: Level): LineState => (level === 1 ? "active" : "inactive");

/**
 * Follows an input by its edges, which the chip debounces, and reads it when edges may have been missed: when the line is
 * taken, and after a gap in their numbers. Unknown is told in between, so that nobody sums up halves of two presses.
 */
export class InputSignal implements Signal {
  readonly line: string;
  #source: SignalLine;
  #isOurs: () => boolean;
  #last: LineState = "unknown";
  #sequence: number | undefined;
  #listeners = new Set<(state: LineState, at: number | undefined) => void>();
  #ends: readonly (() => void)[];

  /** @param isOurs true while we assert what this line may show: a button that is wired to the panel's one */
  constructor(source: SignalLine, isOurs: () => boolean = () => false) {
    this.line = source.name;
    this.#source = source;
    this.#isOurs = isOurs;
    this.#ends = [source.onEdge((edge) => this.#edge(edge)), source.onAvailability(() => void this.look())];
  }

  async read(): Promise<LineState> {
    const level = await levelOf(this.#source);
    return level === undefined ? "unknown" : stateOf(level);
  }

  onChange(listener: (state: LineState, at: number | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads, and tells what changed. */
  async look(): Promise<void> {
    if (this.#source.missing !== undefined) {
      this.#sequence = undefined;
      this.#tell("unknown", undefined);
      return;
    }
    this.#tell(await this.read(), undefined);
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #edge({ level, at, sequence }: Edge): void {
    const isGap = this.#sequence !== undefined && sequence !== this.#sequence + 1;
    this.#sequence = sequence;
    if (isGap) {
      this.#tell("unknown", undefined);
      void this.look();
      return;
    }
    if (level === 1 && this.#isOurs()) return;
    this.#tell(stateOf(level), at);
  }

  #tell(state: LineState, at: number | undefined): void {
    if (state === this.#last) return;
    this.#last = state;
    for (const listener of this.#listeners) listener(state, at);
  }
}
