import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Board } from "./board.ts";
import { Follower } from "./follower.ts";
import type { Log } from "./log.ts";

/** Appends the journal to a file, one JSON entry per line, off the thread that times pulses. */
export class JournalFile {
  readonly #stream: ReturnType<typeof createWriteStream>;
  readonly #follower: Follower;

  constructor(board: Board, path: string, log: Log) {
    this.#stream = createWriteStream(path, { flags: "a" });
    this.#stream.on("error", (error) =>
      log("error", "journal file failed; the board goes on without", { path, error: error.message }),
    );
    this.#follower = new Follower(board, this.#stream, (entry) => `${JSON.stringify(entry)}\n`, 0);
  }

  /** Resolves once everything is written, or can't be. */
  async close(): Promise<void> {
    this.#follower.flush();
    this.#follower.stop();
    this.#stream.end();
    await finished(this.#stream).catch(() => {});
  }
}
