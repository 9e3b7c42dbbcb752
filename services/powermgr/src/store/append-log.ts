import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";

interface Waiting {
  readonly text: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const frame = (text: string) => `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`;

/** The records before the first damaged one, and how many bytes they take. A torn tail is what a crash leaves behind. */
function readFrames(bytes: Buffer): { records: string[]; end: number } {
  const records: string[] = [];
  let end = 0;
  while (end < bytes.length) {
    const newline = bytes.indexOf(0x0a, end);
    if (newline < 0) break;
    const line = bytes.toString("utf8", end, newline);
    const text = line.slice(9);
    if (line[8] !== " " || line.slice(0, 8) !== crc32(text).toString(16).padStart(8, "0")) break;
    records.push(text);
    end = newline + 1;
  }
  return { records, end };
}

/**
 * An append-only file of checksummed lines. Writes and syncs run in libuv's pool, so the thread that times pulses never
 * waits for a disk; what is appended while a sync runs shares the next one.
 */
export class AppendLog {
  readonly path: string;
  #file: FileHandle;
  #end: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  /** Told how long each batch took to be on stable storage, in milliseconds. */
  onSync: (durationMs: number) => void = () => {};

  private constructor(path: string, file: FileHandle, end: number) {
    this.path = path;
    this.#file = file;
    this.#end = end;
  }

  /** Opens or creates the file. `dropped` counts the bytes of a damaged tail, kept aside in `<path>.damaged`. */
  static async open(path: string): Promise<{ log: AppendLog; records: string[]; dropped: number }> {
    const file = await open(path, "a+").then(async (created) => {
      await created.close();
      return open(path, "r+");
    });
    const bytes = await readFile(path);
    const { records, end } = readFrames(bytes);
    const dropped = bytes.length - end;
    if (dropped > 0) {
      const aside = await open(`${path}.damaged`, "w");
      await aside.writeFile(bytes.subarray(end));
      await aside.close();
      await file.truncate(end);
    }
    return { log: new AppendLog(path, file, end), records, dropped };
  }

  get size(): number {
    return this.#end;
  }

  /** Resolves once the record is on stable storage; rejects when it isn't, and the file is as before. */
  append(record: string): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ text: frame(record), done, failed });
      this.#flushing ??= this.#flush();
    });
  }

  /**
   * Replaces the whole content at once (compaction): after a crash the file is the old one or the new one. `records` is
   * called when nothing is being written; what is appended from then on follows the new content.
   */
  async replace(records: () => readonly string[]): Promise<void> {
    while (this.#flushing) await this.#flushing;
    const rewriting = this.#rewrite(records().map(frame).join(""));
    this.#flushing = rewriting
      .catch(() => undefined) // the caller gets it below; appends go on with the old file
      .then(() => {
        this.#flushing = this.#waiting.length > 0 ? this.#flush() : undefined;
      });
    await rewriting;
  }

  async close(): Promise<void> {
    while (this.#flushing) await this.#flushing;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const bytes = Buffer.from(batch.map((entry) => entry.text).join(""));
      const started = performance.now();
      try {
        // At a fixed offset: after a failed write (disk full) the next one overwrites the torn part.
        await this.#file.write(bytes, 0, bytes.length, this.#end);
        await this.#file.datasync();
        this.#end += bytes.length;
        this.onSync(performance.now() - started);
        for (const entry of batch) entry.done();
      } catch (error) {
        for (const entry of batch) entry.failed(error);
      }
    }
    this.#flushing = undefined;
  }

  async #rewrite(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const next = await open(`${this.path}.next`, "w+");
    await next.writeFile(bytes);
    await next.datasync();
    await rename(`${this.path}.next`, this.path);
    const directory = await open(dirname(this.path), "r");
    await directory.sync();
    await directory.close();
    const previous = this.#file;
    this.#file = next;
    this.#end = bytes.length;
    await previous.close();
  }
}
