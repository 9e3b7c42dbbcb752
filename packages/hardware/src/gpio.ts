import type { Milliseconds } from "@busbar/contracts";

/** Logical level of a line: 1 = active, whatever the wire's polarity. */
export type Level = 0 | 1;

/** The wire level that means "active". Always written in the platform file, never assumed. */
export type Polarity = "high" | "low";

export type Bias = "pull-up" | "pull-down" | "disabled";

export type Drive = "push-pull" | "open-drain" | "open-source";

export interface InputRequest {
  readonly direction: "input";
  readonly active: Polarity;
  readonly bias?: Bias;
  /** Edges that don't hold this long are not reported. */
  readonly debounce?: Milliseconds;
}

/** An output that rests inactive and is asserted for a while (a button): driven inactive when taken and when released. */
export interface MomentaryRequest {
  readonly direction: "output";
  readonly output: "momentary";
  readonly active: Polarity;
  readonly drive?: Drive;
}

/** An output that keeps its level (a rail enable): taken as-is and left as-is; only `set` changes it. */
export interface LatchedRequest {
  readonly direction: "output";
  readonly output: "latched";
  readonly active: Polarity;
  readonly drive?: Drive;
}

export type LineRequest = InputRequest | MomentaryRequest | LatchedRequest;

export interface Edge {
  /** Level after the edge. */
  readonly level: Level;
  /** CLOCK_MONOTONIC of the edge as its source stamped it. */
  readonly at: Milliseconds;
  /** Counts up by one per edge of this line; a gap means edges were lost, so re-read the level. */
  readonly sequence: number;
}

/**
 * One requested line. `get` and `set` reject with BusbarError HARDWARE_UNAVAILABLE, naming the line, when it or its
 * chip is gone or does not answer in time, and with FAILED_PRECONDITION after its release.
 */
export interface GpioLine {
  readonly name: string;
  get(): Promise<Level>;
  /** Outputs only (inputs reject with FAILED_PRECONDITION). Resolves once the level is on the wire. */
  set(level: Level): Promise<void>;
  /**
   * Inputs only (outputs throw FAILED_PRECONDITION). Returns the function that ends the subscription. Edges before
   * the subscription are not delivered: subscribe, then `get`.
   */
  onEdge(listener: (edge: Edge) => void): () => void;
  /**
   * Called once if the line is lost (chip removed, connection to the board cut), also if it was lost before the
   * subscription; never after a release. Returns the unsubscriber.
   */
  onLost(listener: (reason: Error) => void): () => void;
  /**
   * Gives the line back: momentary outputs inactive first, latched ones as they are. Idempotent. After a loss it
   * resolves, since nothing is held any more; that says nothing about the level. Rejects HARDWARE_UNAVAILABLE if the
   * chip is there but silent; it may then be tried again.
   */
  release(): Promise<void>;
}

export interface GpioChip {
  readonly name: string;
  /**
   * Takes a line by name. Rejects HARDWARE_UNAVAILABLE naming the line: there is none, somebody holds it (named too,
   * if the driver knows who), the chip is unreachable.
   */
  request(line: string, request: LineRequest): Promise<GpioLine>;
  /** Releases every line taken through this chip. Idempotent. */
  close(): Promise<void>;
}
