import { BusbarError } from "@busbar/contracts";
import type { Database } from "./database.ts";

interface Work {
  readonly run: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Settle = () => void;

export interface CommitListener {
  committed(): void;
  failed(error: unknown): void;
}

/**
 * One commit per event-loop turn for all that was asked in that turn (DESIGN §5). Each work runs in a savepoint of its
 * own, so that one that throws undoes only itself; answers leave after the commit, and a failed commit answers all.
 */
export class CommitQueue {
  #database: Database;
  #waiting: Work[] = [];
  #scheduled = false;
  #listener: CommitListener;

  constructor(database: Database, listener: CommitListener) {
    this.#database = database;
    this.#listener = listener;
  }

  /** Resolves with what `run` returned once it is durable. `run` is synchronous and reads its own turn's writes. */
  commit<T>(run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run, resolve: resolve as (value: unknown) => void, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    this.#scheduled = false;
    const batch = this.#waiting;
    this.#waiting = [];
    let settles: Settle[];
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      settles = batch.map((work) => this.#attempt(work));
      this.#database.exec("COMMIT");
    } catch (cause) {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      this.#listener.failed(cause);
      const error = new BusbarError("UNAVAILABLE", "the change could not be stored", {
        reason: "storage",
        remedy: "make room on the data directory's disk, then try again",
        cause,
      });
      for (const work of batch) work.reject(error);
      return;
    }
    this.#listener.committed();
    for (const settle of settles) settle();
  }

  #attempt({ run, resolve, reject }: Work): Settle {
    this.#database.exec("SAVEPOINT work");
    try {
      const value = run();
      this.#database.exec("RELEASE work");
      return () => resolve(value);
    } catch (error) {
      // Storage errors (disk full) end the whole transaction; the rest only undoes its own work.
      if (!this.#database.inTransaction) throw error;
      this.#database.exec("ROLLBACK TO work; RELEASE work");
      return () => reject(error);
    }
  }
}
