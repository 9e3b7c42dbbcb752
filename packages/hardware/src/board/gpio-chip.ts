import { BusbarError, type ComponentName } from "@busbar/contracts";
import type { Edge, GpioChip, GpioLine, Level, LineRequest } from "../gpio.ts";
import { BoardConnection, type ConnectOptions } from "./connection.ts";
import type { BoardEvent } from "./protocol.ts";

/** The simulated hardware as a daemon sees it: ports, one connection behind them. */
export interface SimulatedBoard {
  /** A chip of its own over this connection; closing it releases its lines only. */
  gpioChip(): GpioChip;
  /** How often the BMC's reset line took effect since the board started; undefined for a BMC it doesn't have. */
  bmcResets(component: ComponentName): Promise<number | undefined>;
  /** Called once when the connection is gone, also if it is already. Returns the unsubscriber. */
  onLost(listener: (reason: Error) => void): () => void;
  /** Releases every line of every chip, then disconnects. Idempotent. */
  close(): Promise<void>;
  /** Ends the connection as a kill would: lines are not released, the board finds them abandoned. */
  abandon(): void;
}

/**
 * There is no reconnection inside: whoever loses a line must request it anew and read it, because the board may have
 * changed meanwhile.
 * @throws BusbarError HARDWARE_UNAVAILABLE: no board there, or of another version; ABORTED by the signal.
 */
export async function connectBoard(options: ConnectOptions): Promise<SimulatedBoard> {
  const connection = await BoardConnection.open(options);
  const chips = new Set<SimulatedChip>();
  const held = new Set<string>();
  return {
    gpioChip: () => {
      const chip = new SimulatedChip(connection, held);
      chips.add(chip);
      return chip;
    },
    bmcResets: async (component) => {
      const { bmcs } = await connection.call("state", {});
      return bmcs.find((bmc) => bmc.component === component)?.resets;
    },
    onLost: (listener) => connection.onLost(listener),
    close: async () => {
      const closed = await Promise.allSettled([...chips].map((chip) => chip.close()));
      connection.close();
      for (const result of closed) if (result.status === "rejected") throw result.reason;
    },
    abandon: () => connection.close(),
  };
}

class SimulatedChip implements GpioChip {
  readonly name = "board";
  readonly #connection: BoardConnection;
  /** Names of the lines held through this connection, by any of its chips. */
  readonly #held: Set<string>;
  readonly #lines = new Set<SimulatedLine>();
  #closed = false;

  constructor(connection: BoardConnection, held: Set<string>) {
    this.#connection = connection;
    this.#held = held;
  }

  async request(name: string, request: LineRequest): Promise<GpioLine> {
    if (this.#closed) throw unusable(name, "the chip was closed");
    try {
      await this.#connection.call("line.request", { line: name, request }, name);
    } catch (thrown) {
      // If the board gave us the line after our patience ended, nobody here would ever give it back.
      if (isSilence(thrown) && !this.#held.has(name))
        this.#connection.call("line.release", { line: name }, name).catch(() => {});
      throw thrown;
    }
    const line = new SimulatedLine(this.#connection, name, request, () => {
      this.#lines.delete(line);
      this.#held.delete(name);
    });
    this.#lines.add(line);
    this.#held.add(name);
    if (this.#closed) {
      await line.release();
      throw unusable(name, "the chip was closed");
    }
    return line;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const released = await Promise.allSettled([...this.#lines].map((line) => line.release()));
    for (const result of released) if (result.status === "rejected") throw result.reason;
  }
}

class SimulatedLine implements GpioLine {
  readonly name: string;
  readonly #connection: BoardConnection;
  readonly #isInput: boolean;
  readonly #edges = new Set<(edge: Edge) => void>();
  readonly #losses = new Set<(reason: Error) => void>();
  readonly #forget: () => void;
  #state: "held" | "released" | BusbarError = "held";
  #releasing: Promise<void> | undefined;

  constructor(connection: BoardConnection, name: string, request: LineRequest, forget: () => void) {
    this.name = name;
    this.#connection = connection;
    this.#isInput = request.direction === "input";
    const unsubscribe = [
      connection.onEvent((event) => this.#hear(event)),
      connection.onLost((reason) => this.#lose(reason.message)),
    ];
    this.#forget = () => {
      for (const each of unsubscribe) each();
      forget();
    };
  }

  async get(): Promise<Level> {
    this.#check();
    const { level } = await this.#connection.call("line.get", { line: this.name }, this.name);
    return level;
  }

  async set(level: Level): Promise<void> {
    this.#check();
    if (this.#isInput) throw misused(this.name, "is an input and can't be set");
    await this.#connection.call("line.set", { line: this.name, level }, this.name);
  }

  onEdge(listener: (edge: Edge) => void): () => void {
    if (!this.#isInput) throw misused(this.name, "is an output and reports no edges");
    this.#edges.add(listener);
    return () => this.#edges.delete(listener);
  }

  onLost(listener: (reason: Error) => void): () => void {
    const state = this.#state;
    if (state instanceof BusbarError) {
      queueMicrotask(() => listener(state));
      return () => {};
    }
    this.#losses.add(listener);
    return () => this.#losses.delete(listener);
  }

  release(): Promise<void> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  async #release(): Promise<void> {
    if (this.#state !== "held") return;
    this.#state = "released";
    try {
      await this.#connection.call("line.release", { line: this.name }, this.name);
    } catch (thrown) {
      // The connection is gone, and with it our hold on the line; only a board that is there and silent is a failure.
      if (this.#connection.lost === undefined) {
        this.#state = "held";
        this.#releasing = undefined;
        throw thrown;
      }
    }
    this.#forget();
  }

  #check(): void {
    if (this.#state === "held") return;
    throw this.#state === "released" ? misused(this.name, "was released") : this.#state;
  }

  #hear(event: BoardEvent): void {
    if (event.event === "journal" || event.line !== this.name) return;
    if (event.event === "lost") {
      this.#lose(event.reason);
      return;
    }
    const { level, at, sequence } = event;
    for (const listener of [...this.#edges]) listener({ level, at, sequence });
  }

  #lose(reason: string): void {
    if (this.#state !== "held") return;
    const error = unusable(this.name, reason);
    this.#state = error;
    this.#forget();
    const listeners = [...this.#losses];
    this.#losses.clear();
    for (const listener of listeners) listener(error);
  }
}

const unusable = (line: string, message: string): BusbarError =>
  new BusbarError("HARDWARE_UNAVAILABLE", `${line}: ${message}`, {
    component: line,
    reason: "line-lost",
    remedy: "request the line anew and read it",
  });

const misused = (line: string, message: string): BusbarError =>
  new BusbarError("FAILED_PRECONDITION", `${line} ${message}`, {
    component: line,
    reason: "line-misused",
    remedy: "this is a bug in the caller; report it",
  });

const isSilence = (thrown: unknown): boolean =>
  thrown instanceof BusbarError && thrown.code === "HARDWARE_UNAVAILABLE" && thrown.reason === "board-unreachable";
