import type { Socket } from "node:net";
import { asBusbarError, BusbarError } from "@busbar/contracts";
import {
  type BoardEvent,
  type BoardReply,
  decodeRequest,
  type Edge,
  encodeFrame,
  FrameReader,
  idOf,
  parseFrame,
  type WireError,
} from "@busbar/hardware";
import type { Board } from "./board.ts";
import { Follower } from "./follower.ts";
import { reservedNames } from "./lines.ts";
import type { Log } from "./log.ts";
import { type Caller, perform } from "./operations.ts";

/** A client that reads so slowly is stuck; what it misses it could no longer use. */
const mostUnread = 1_048_576;
const mostFollowers = 8;

/** One connection: reads requests, answers each at once, pushes events. */
export class BoardClient implements Caller {
  readonly #socket: Socket;
  readonly #board: Board;
  readonly #log: Log;
  readonly #onShutdown: () => void;
  readonly #frames = new FrameReader();
  readonly #followers = new Map<number, Follower>();
  #name: string | undefined;
  /** Resolves once the board knows that this client is gone. */
  readonly closed: Promise<void>;

  constructor(socket: Socket, board: Board, log: Log, onShutdown: () => void) {
    this.#socket = socket;
    this.#board = board;
    this.#log = log;
    this.#onShutdown = onShutdown;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", (error) => log("warn", "connection failed", { client: this.name, error: error.message }));
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#leave();
        resolve();
      });
    });
  }

  get name(): string {
    return this.#name ?? "unnamed";
  }

  edge(line: string, edge: Edge): void {
    this.#push({ event: "edge", line, ...edge });
  }

  lost(line: string, reason: string): void {
    this.#push({ event: "lost", line, reason });
  }

  introduce(name: string): void {
    if (this.#name !== undefined || reservedNames.includes(name)) {
      throw new BusbarError("INVALID_ARGUMENT", `can't introduce itself as ${name}`, {
        reason: "client-name",
        remedy: `say hello once, under a name that is none of ${reservedNames.join(", ")}`,
      });
    }
    this.#name = name;
    this.#board.connected(name);
    this.#log("info", "client connected", { client: name });
  }

  follow(subscription: number, after: number): void {
    if (this.#followers.has(subscription) || this.#followers.size >= mostFollowers) {
      throw new BusbarError("RESOURCE_EXHAUSTED", `can't follow the journal as number ${subscription}`, {
        reason: "followers",
        remedy: `follow at most ${mostFollowers} times, each under a number of its own`,
      });
    }
    const encode: ConstructorParameters<typeof Follower>[2] = (entry) =>
      encodeEvent({ event: "journal", subscription, entry });
    this.#followers.set(subscription, new Follower(this.#board, this.#socket, encode, after));
  }

  unfollow(subscription: number): void {
    this.#followers.get(subscription)?.stop();
    this.#followers.delete(subscription);
  }

  shutdown(): void {
    // After the reply to this request.
    setImmediate(this.#onShutdown);
  }

  close(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const line of this.#frames.push(chunk)) this.#answer(line);
    } catch (thrown) {
      // Without a frame boundary to trust there is nothing more to understand.
      this.#send({ reply: null, error: wireError(thrown) });
      this.#log("warn", "connection cut: it sent no frames", { client: this.name });
      this.close();
    }
  }

  #answer(line: string): void {
    let id: number | null = null;
    try {
      const frame = parseFrame(line);
      id = idOf(frame);
      const request = decodeRequest(frame);
      if (this.#name === undefined && request.op !== "hello") {
        throw new BusbarError("FAILED_PRECONDITION", `${request.op} came before hello`, {
          reason: "no-hello",
          remedy: "begin with hello",
        });
      }
      this.#send({ reply: request.id, result: perform(request, this.#board, this) });
    } catch (thrown) {
      const error = wireError(thrown);
      if (error.code === "INTERNAL") {
        const stack = thrown instanceof Error ? thrown.stack : undefined;
        this.#log("error", "a request failed for a bug", { client: this.name, error: error.message, stack });
      }
      this.#send({ reply: id, error });
    }
  }

  #push(event: BoardEvent): void {
    this.#write(encodeEvent(event));
  }

  #send(reply: BoardReply): void {
    this.#write(encodeFrame(reply));
  }

  #write(frame: string): void {
    if (!this.#socket.writable) return;
    this.#socket.write(frame);
    if (this.#socket.writableLength <= mostUnread) return;
    this.#log("warn", "connection cut: it does not read", { client: this.name });
    this.#socket.destroy();
  }

  #leave(): void {
    for (const follower of this.#followers.values()) follower.stop();
    this.#followers.clear();
    if (this.#name === undefined) return;
    this.#board.disconnected(this);
    this.#log("info", "client gone", { client: this.name });
  }
}

const encodeEvent = (event: BoardEvent): string => encodeFrame(event);

function wireError(thrown: unknown): WireError {
  const { code, message, component, reason, remedy } = asBusbarError(thrown);
  return {
    code,
    message,
    ...(component === undefined ? {} : { component }),
    ...(reason === undefined ? {} : { reason }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}
