import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Addresses } from "@busbar/launcher";
import { natsText } from "./frame-text.ts";
import { NatsFrames } from "./nats-frames.ts";

/** What went through, to be read after a failure. */
export interface LoggedFrame {
  /** performance.now() */
  readonly at: number;
  /** Its number while frames are counted; undefined for what carries no meaning. */
  readonly number: number | undefined;
  /** `powermgr > broker` */
  readonly way: string;
  readonly text: () => string;
}

interface PassingFrame {
  readonly bytes: Buffer;
  /** False: keep-alives and subscriptions, which come when they like. */
  readonly isCounted: boolean;
  readonly text: () => string;
  /** The client's name, in the frame that tells it. */
  readonly name?: string | undefined;
}

type Splitter = { readonly push: (chunk: Buffer) => Iterable<PassingFrame>; readonly rest: () => Buffer };

interface Side {
  readonly name: "broker" | "board";
  readonly connect: () => Socket;
  readonly splitter: () => Splitter;
}

/**
 * Stands between the daemons and what they depend on, broker and board, and passes on frame by frame. One counter goes
 * over all of it, so that a test can act at the same place of the same story again and again.
 */
export class FrameProxy {
  readonly addresses: Addresses;
  readonly #servers: readonly Server[];
  readonly #directory: string;
  readonly #sockets = new Set<Socket>();
  #log: LoggedFrame[] = [];
  #count = 0;
  #due: { readonly at: number; readonly act: () => void } | undefined;
  #lastAt = 0;

  private constructor(addresses: Addresses, servers: readonly Server[], directory: string) {
    this.addresses = addresses;
    this.#servers = servers;
    this.#directory = directory;
  }

  static async start(real: Addresses): Promise<FrameProxy> {
    // A short path: sockets have 107 characters.
    const directory = mkdtempSync(join(tmpdir(), "busbar-frames-"));
    const boardSocket = join(directory, "board.sock");
    const broker = createServer();
    const board = createServer();
    broker.listen(0, "127.0.0.1");
    board.listen(boardSocket);
    await Promise.all([once(broker, "listening"), once(board, "listening")]);
    const address = broker.address();
    if (address === null || typeof address === "string") throw new Error("the proxy has no port");
    const proxy = new FrameProxy(
      { natsUrl: `nats://127.0.0.1:${address.port}`, boardSocket },
      [broker, board],
      directory,
    );
    const { hostname, port } = new URL(real.natsUrl);
    const sides: readonly [Server, Side][] = [
      [broker, { name: "broker", connect: () => createConnection(Number(port), hostname), splitter: natsSplitter }],
      [board, { name: "board", connect: () => createConnection(real.boardSocket), splitter: boardSplitter }],
    ];
    for (const [server, side] of sides) server.on("connection", (client) => proxy.#relay(client, side));
    return proxy;
  }

  /** Counted frames since `at` or `forget`. */
  get count(): number {
    return this.#count;
  }

  get log(): readonly LoggedFrame[] {
    return this.#log;
  }

  /** performance.now() of the last frame that counts. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** Begins to count anew, and runs `act` before the k-th frame is passed on. The frame is then passed on all the same. */
  at(k: number, act: () => void): void {
    this.#count = 0;
    this.#due = { at: k, act };
  }

  /** True when what `at` was told has not happened. */
  disarm(): boolean {
    const isDue = this.#due !== undefined;
    this.#due = undefined;
    return isDue;
  }

  forgetLog(): void {
    this.#log = [];
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #relay(client: Socket, side: Side): void {
    const peer = side.connect();
    let name = "?";
    this.#pipe(client, peer, side.splitter(), (frame) => {
      name = frame.name ?? name;
      return `${name} > ${side.name}`;
    });
    this.#pipe(peer, client, side.splitter(), () => `${side.name} > ${name}`);
  }

  #pipe(from: Socket, to: Socket, splitter: Splitter, wayOf: (frame: PassingFrame) => string): void {
    from.setNoDelay?.(true);
    this.#sockets.add(from);
    from.on("data", (chunk) => {
      for (const frame of splitter.push(chunk)) {
        this.#pass(frame, wayOf(frame));
        if (to.writable) to.write(frame.bytes);
      }
    });
    from.on("error", () => {}); // what follows is its close
    from.on("close", () => {
      this.#sockets.delete(from);
      const rest = splitter.rest();
      if (rest.length > 0 && to.writable) to.write(rest);
      to.destroySoon();
    });
  }

  #pass(frame: PassingFrame, way: string): void {
    const at = performance.now();
    if (frame.isCounted) {
      this.#count += 1;
      this.#lastAt = at;
    }
    this.#log.push({ at, way, text: frame.text, number: frame.isCounted ? this.#count : undefined });
    if (this.#due === undefined || !frame.isCounted || this.#count !== this.#due.at) return;
    const { act } = this.#due;
    this.#due = undefined;
    act();
    this.#log.push({ at: performance.now(), way: "the test", text: () => "acts", number: undefined });
  }
}

/** Messages, in both directions. What the broker is asked about itself comes only with a start. */
function natsSplitter(): Splitter {
  const frames = new NatsFrames();
  return {
    *push(chunk) {
      for (const frame of frames.push(chunk)) {
        yield {
          bytes: frame.bytes,
          isCounted: frame.subject !== undefined,
          text: () => natsText(frame),
          name:
            frame.verb === "CONNECT" ? nameIn(frame.bytes.toString("utf8").slice("CONNECT".length), "name") : undefined,
        };
      }
    },
    rest: () => frames.rest,
  };
}

/** Every line of the board's protocol is a request, a reply or an event. */
function boardSplitter(): Splitter {
  let rest: Buffer = Buffer.alloc(0);
  return {
    *push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
        const bytes = rest.subarray(0, end + 1);
        rest = rest.subarray(end + 1);
        const text = bytes.toString("utf8").trimEnd();
        const name = text.includes('"hello"') ? nameIn(text, "client") : undefined;
        yield { bytes, isCounted: true, text: () => text, name };
      }
    },
    rest: () => rest,
  };
}

function nameIn(json: string, key: string): string | undefined {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const name: unknown = Reflect.get(parsed, key);
  return typeof name === "string" ? name : undefined;
}
