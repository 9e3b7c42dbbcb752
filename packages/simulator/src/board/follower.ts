import type { Writable } from "node:stream";
import type { JournalEntry } from "@busbar/hardware";
import type { Board } from "./board.ts";

/** Writes the journal to a stream, as fast as its reader takes it: the journal is the buffer. */
export class Follower {
  readonly #board: Board;
  readonly #out: Writable;
  readonly #encode: (entry: JournalEntry) => string;
  readonly #pump = (): void => this.#write();
  readonly #unsubscribe: () => void;
  #cursor: number;

  /** @param after begins with the entry after this one. */
  constructor(board: Board, out: Writable, encode: (entry: JournalEntry) => string, after: number) {
    this.#board = board;
    this.#out = out;
    this.#encode = encode;
    this.#cursor = after;
    this.#unsubscribe = board.onAppended(this.#pump);
    out.on("drain", this.#pump);
    this.#write();
  }

  stop(): void {
    this.#unsubscribe();
    this.#out.off("drain", this.#pump);
  }

  /** Writes what is left, also to a reader that is slow. */
  flush(): void {
    this.#write(true);
  }

  #write(isLast = false): void {
    while (this.#out.writable && (isLast || !this.#out.writableNeedDrain)) {
      const entry = this.#board.entryAfter(this.#cursor);
      if (entry === undefined) return;
      this.#cursor = entry.seq;
      this.#out.write(this.#encode(entry));
    }
  }
}
