import { createConnection, type Socket } from "node:net";
import { asBusbarError, BusbarError, type Milliseconds, milliseconds } from "@busbar/contracts";
import { encodeFrame, FrameReader, parseFrame } from "./frame.ts";
import {
  type BoardEvent,
  type BoardReply,
  decodeAnswer,
  decodeResult,
  type Operation,
  type Params,
  protocolVersion,
  type Results,
} from "./protocol.ts";

export interface ConnectOptions {
  /** Path of the board's unix socket. */
  readonly socket: string;
  /** Who we are, as the board names us to others and in its journal. */
  readonly client: string;
  /** Gives up connecting. */
  readonly signal?: AbortSignal;
  /** For connecting, and for each call after that; 1 s unless told. */
  readonly timeout?: Milliseconds;
}

const usualTimeout = milliseconds(1_000);

interface Waiting {
  readonly settle: (reply: BoardReply) => void;
  readonly fail: (error: BusbarError) => void;
}

const unavailable = (message: string, component: string, cause?: unknown): BusbarError =>
  new BusbarError("HARDWARE_UNAVAILABLE", `${component}: ${message}`, {
    component,
    reason: "board-unreachable",
    remedy: "see that the simulated board runs, then connect anew",
    cause,
  });

/**
 * One connection to a board. It ends once, for good: whoever needs another connects anew, and then finds the lines
 * as the board kept them.
 */
export class BoardConnection {
  readonly #socket: Socket;
  readonly #timeout: Milliseconds;
  readonly #waiting = new Map<number, Waiting>();
  readonly #events = new Set<(event: BoardEvent) => void>();
  readonly #losses = new Set<(reason: BusbarError) => void>();
  readonly #frames = new FrameReader();
  #nextId = 1;
  #lost: BusbarError | undefined;

  private constructor(socket: Socket, timeout: Milliseconds) {
    this.#socket = socket;
    this.#timeout = timeout;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", (cause) => this.#end(unavailable(`connection lost: ${cause.message}`, "board", cause)));
    socket.on("close", () => this.#end(unavailable("connection lost", "board")));
  }

  /** @throws BusbarError HARDWARE_UNAVAILABLE: no board there, or of another version; ABORTED by the signal. */
  static async open({
    socket: path,
    client,
    signal,
    timeout = usualTimeout,
  }: ConnectOptions): Promise<BoardConnection> {
    const aborted = (): BusbarError =>
      new BusbarError("ABORTED", "board: gave up connecting", { component: "board", cause: signal?.reason });
    if (signal?.aborted === true) throw aborted();

    const connection = new BoardConnection(createConnection(path), timeout);
    const giveUp = (): void => connection.#end(aborted());
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      // The frame waits in the socket until it is connected, so one timeout covers both.
      await connection.call("hello", { client, version: protocolVersion });
      return connection;
    } catch (thrown) {
      connection.close();
      const error = asBusbarError(thrown);
      if (error.code === "ABORTED") throw error;
      throw new BusbarError("HARDWARE_UNAVAILABLE", `${error.message} (socket ${path})`, {
        component: "board",
        reason: error.reason ?? "board-unreachable",
        remedy: error.remedy ?? "start the board",
        cause: error,
      });
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  get lost(): BusbarError | undefined {
    return this.#lost;
  }

  /**
   * @param about what the call is for (a line), named in errors.
   * @throws BusbarError as the board coded it, or HARDWARE_UNAVAILABLE: no answer in time, connection lost.
   */
  call<O extends Operation>(op: O, params: Params[O], about = "board"): Promise<Results[O]> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(unavailable(this.#lost.message, about, this.#lost));
        return;
      }
      const id = this.#nextId++;
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      const expire = (): void => {
        if (!this.#waiting.has(id)) return;
        finish();
        reject(unavailable(`${op} was not answered within ${this.#timeout} ms`, about));
      };
      // If it was we who stalled, the answer lies in the socket: timers come before input, so let that be read first.
      const timer = setTimeout(() => setImmediate(expire), this.#timeout);
      this.#waiting.set(id, {
        settle: (reply) => {
          finish();
          if ("error" in reply) {
            const { code, message, ...context } = reply.error;
            reject(new BusbarError(code, message, context));
            return;
          }
          try {
            resolve(decodeResult(op, reply.result));
          } catch (thrown) {
            reject(unavailable(`${op} was answered with nonsense`, about, thrown));
          }
        },
        fail: (error) => {
          finish();
          reject(error.code === "ABORTED" ? error : unavailable(error.message, about, error));
        },
      });
      this.#socket.write(encodeFrame({ id, op, ...params }));
    });
  }

  onEvent(listener: (event: BoardEvent) => void): () => void {
    this.#events.add(listener);
    return () => this.#events.delete(listener);
  }

  /** Called once, also if the connection is lost already. */
  onLost(listener: (reason: BusbarError) => void): () => void {
    const lost = this.#lost;
    if (lost !== undefined) {
      queueMicrotask(() => listener(lost));
      return () => {};
    }
    this.#losses.add(listener);
    return () => this.#losses.delete(listener);
  }

  close(): void {
    this.#end(unavailable("connection closed", "board"));
  }

  #receive(chunk: Buffer): void {
    try {
      for (const line of this.#frames.push(chunk)) this.#dispatch(decodeAnswer(parseFrame(line)));
    } catch (thrown) {
      this.#end(unavailable("the board speaks nonsense", "board", thrown));
    }
  }

  #dispatch(answer: BoardReply | BoardEvent): void {
    if ("event" in answer) {
      for (const listener of [...this.#events]) listener(answer);
      return;
    }
    // An answer to nothing is one that came after its timeout, or a complaint about a frame we don't remember.
    if (answer.reply !== null) this.#waiting.get(answer.reply)?.settle(answer);
  }

  #end(reason: BusbarError): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    this.#socket.destroy();
    for (const { fail } of [...this.#waiting.values()]) fail(reason);
    const listeners = [...this.#losses];
    this.#losses.clear();
    for (const listener of listeners) listener(reason);
  }
}
