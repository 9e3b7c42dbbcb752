/** One frame of the NATS client protocol, in either direction (docs.nats.io, "Client Protocol"). */
export interface NatsFrame {
  /** As it came, with its line ends. */
  readonly bytes: Buffer;
  /** PUB, HMSG, +OK, … in capitals. */
  readonly verb: string;
  /** What follows the verb on its line. */
  readonly args: readonly string[];
  /** Of the frames that carry a message. */
  readonly subject: string | undefined;
  readonly reply: string | undefined;
  readonly headers: string;
  readonly payload: Buffer;
}

const lineEnd = Buffer.from("\r\n");

/** Where a frame that carries a message has its reply subject and sizes: after this many words. */
const wordsBefore: Readonly<Record<string, number>> = { PUB: 1, HPUB: 1, MSG: 2, HMSG: 2 };

/** Cuts one direction of a connection into frames. */
export class NatsFrames {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that `chunk` completes. */
  *push(chunk: Buffer): Generator<NatsFrame, void, void> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) {
      this.#rest = this.#rest.subarray(frame.bytes.length);
      yield frame;
    }
  }

  /** What came of a frame that is not complete. */
  get rest(): Buffer {
    return this.#rest;
  }

  #next(): NatsFrame | undefined {
    const end = this.#rest.indexOf(lineEnd);
    if (end < 0) return undefined;
    const line = this.#rest.toString("utf8", 0, end);
    const [word = "", ...args] = line.split(/[ \t]+/);
    const verb = word.toUpperCase();
    const before = wordsBefore[verb];
    const start = end + lineEnd.length;
    const bare = { verb, args, subject: undefined, reply: undefined, headers: "", payload: Buffer.alloc(0) };
    if (before === undefined) return { ...bare, bytes: this.#rest.subarray(0, start) };

    const sizes = verb.startsWith("H") ? 2 : 1;
    const total = Number(args.at(-1));
    const headerBytes = sizes === 2 ? Number(args.at(-2)) : 0;
    if (!Number.isInteger(total) || !Number.isInteger(headerBytes)) throw new Error(`no NATS frame: ${line}`);
    const whole = start + total + lineEnd.length;
    if (this.#rest.length < whole) return undefined;
    return {
      bytes: this.#rest.subarray(0, whole),
      verb,
      args,
      subject: args[0],
      reply: args.length - sizes > before ? args[before] : undefined,
      headers: this.#rest.toString("utf8", start, start + headerBytes),
      payload: this.#rest.subarray(start + headerBytes, start + total),
    };
  }
}
