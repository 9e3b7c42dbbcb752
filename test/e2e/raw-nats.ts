import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { Arrivals, patienceMs, within } from "./bounded.ts";

export interface RawMessage {
  readonly subject: string;
  readonly sid: number;
  /** Header lines by name; empty without headers. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/**
 * NATS' client protocol spoken by hand over a plain socket, as an implementation that shares no code with ours would.
 * https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export class RawNats {
  readonly messages = new Arrivals<RawMessage>();
  /** -ERR lines. */
  readonly errors: string[] = [];
  readonly #socket: Socket;
  readonly #pongs = new Arrivals<string>();
  #received = Buffer.alloc(0);
  #sids = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      while (this.#take());
    });
    socket.on("error", (error) => this.errors.push(error.message));
  }

  static async connect(url: string): Promise<RawNats> {
    const { hostname, port } = new URL(url);
    const socket = createConnection(Number(port), hostname);
    const client = new RawNats(socket);
    await within("a connection to the broker", once(socket, "connect"));
    client.send('CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"lang":"hand"}\r\n');
    await client.flush();
    return client;
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Resolves when the broker has taken everything that was sent before. */
  async flush(): Promise<void> {
    const mark = this.#pongs.mark;
    this.send("PING\r\n");
    await this.#pongs.until("PONG", () => true, mark);
  }

  async subscribe(subject: string): Promise<number> {
    this.#sids += 1;
    this.send(`SUB ${subject} ${this.#sids}\r\n`);
    await this.flush();
    return this.#sids;
  }

  publish(subject: string, body: Uint8Array, reply = ""): void {
    const command = ["PUB", subject, reply, body.length].filter((part) => part !== "").join(" ");
    this.send(Buffer.concat([Buffer.from(`${command}\r\n`), body, Buffer.from("\r\n")]));
  }

  /** HPUB with the header block as given, however malformed. */
  publishWithHeaders(subject: string, block: string | Buffer, body: Uint8Array, reply = ""): void {
    const head = Buffer.from(block);
    const sizes = `${head.length} ${head.length + body.length}`;
    const command = ["HPUB", subject, reply, sizes].filter((part) => part !== "").join(" ");
    this.send(Buffer.concat([Buffer.from(`${command}\r\n`), head, body, Buffer.from("\r\n")]));
  }

  /** Sends one request and waits for its one reply. */
  async request(subject: string, body: Uint8Array, block?: string | Buffer): Promise<RawMessage> {
    const inbox = `_INBOX.by-hand.${this.#sids + 1}`;
    const sid = await this.subscribe(inbox);
    if (block === undefined) this.publish(subject, body, inbox);
    else this.publishWithHeaders(subject, block, body, inbox);
    const reply = await this.messages.until(`a reply from ${subject}`, (message) => message.sid === sid, 0, patienceMs);
    this.send(`UNSUB ${sid}\r\n`);
    return reply;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Takes one protocol element off what was received; false when it isn't complete yet. */
  #take(): boolean {
    const end = this.#received.indexOf("\r\n");
    if (end < 0) return false;
    const [verb = "", ...args] = this.#received.toString("latin1", 0, end).split(/\s+/);
    switch (verb.toUpperCase()) {
      case "MSG":
      case "HMSG":
        return this.#message(verb.toUpperCase() === "HMSG", args, end + 2);
      case "PING":
        this.send("PONG\r\n");
        break;
      case "PONG":
        this.#pongs.add(verb);
        break;
      case "-ERR":
        this.errors.push(args.join(" "));
        break;
      default: // INFO, +OK
    }
    this.#received = this.#received.subarray(end + 2);
    return true;
  }

  #message(hasHeaders: boolean, args: readonly string[], start: number): boolean {
    const total = Number(args.at(-1));
    const head = hasHeaders ? Number(args.at(-2)) : 0;
    if (this.#received.length < start + total + 2) return false;
    const bytes = this.#received.subarray(start, start + total);
    this.#received = this.#received.subarray(start + total + 2);
    const lines = bytes.toString("utf8", 0, head).split("\r\n").slice(1);
    const headers = new Map(
      lines
        .filter((line) => line.includes(":"))
        .map((line) => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
        }),
    );
    this.messages.add({
      subject: args[0] ?? "",
      sid: Number(args[1]),
      headers,
      body: Buffer.from(bytes.subarray(head)),
    });
    return true;
  }
}

/** A well-formed header block. */
export const headerBlock = (lines: Readonly<Record<string, string>>): string =>
  `NATS/1.0\r\n${Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;
