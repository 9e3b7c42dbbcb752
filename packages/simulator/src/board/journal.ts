import type { JournalEntry, JournalEvent, JournalPage } from "@busbar/hardware";
import { fitting } from "./fit.ts";

/** Everything that happened on the board, in order. */
export class Journal {
  readonly #limit: number;
  readonly #appended: () => void;
  #entries: JournalEntry[] = [];
  #last = 0;

  /** @param limit entries kept in memory; older ones are only in the file. */
  constructor(limit: number, appended: () => void) {
    this.#limit = limit;
    this.#appended = appended;
  }

  /** Number of the newest entry; 0 if there is none. */
  get last(): number {
    return this.#last;
  }

  append(event: JournalEvent): JournalEntry {
    this.#last += 1;
    const entry: JournalEntry = { seq: this.#last, ...event };
    this.#entries.push(entry);
    // Dropping a tenth at a time keeps the cost per entry constant.
    if (this.#entries.length > this.#limit * 1.1) this.#entries = this.#entries.slice(-this.#limit);
    this.#appended();
    return entry;
  }

  /** The oldest kept entry after number `seq`. */
  next(seq: number): JournalEntry | undefined {
    const oldest = this.#last - this.#entries.length + 1;
    return this.#entries[Math.max(0, seq + 1 - oldest)];
  }

  page(after: number): JournalPage {
    return { entries: fitting(this.#from(after)), last: this.#last };
  }

  *#from(after: number): Generator<JournalEntry, void, void> {
    for (let entry = this.next(after); entry !== undefined; entry = this.next(entry.seq)) yield entry;
  }
}
