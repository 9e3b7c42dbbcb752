/** What an input line shows. Unknown is a value: never taken for inactive. */
export type LineState = "active" | "inactive" | "unknown";

/** An input line as a source of events: a panel button, a fault line, the good signal of an auxiliary supply. */
export interface Signal {
  readonly line: string;
  /** Reads the hardware now. Never rejects: what can't be read is unknown. */
  read(): Promise<LineState>;
  /**
   * Called at each change after debouncing. `at` is CLOCK_MONOTONIC of the edge in milliseconds; undefined when the
   * change was learned by reading, since nobody knows then when it was. Returns the unsubscriber.
   */
  onChange(listener: (state: LineState, at: number | undefined) => void): () => void;
}

export type Standby = "good" | "missing" | "unknown";

/** Whether there is standby power, which everything needs before it can be switched on. */
export interface StandbySense {
  /** Never rejects: what can't be read is unknown. */
  read(): Promise<Standby>;
  onChange(listener: (standby: Standby) => void): () => void;
}

/** The lines that custom sequence steps set and await. */
export interface AuxiliaryLines {
  /** Sets a latched output: doing it twice does no more than once. @throws BusbarError HARDWARE_UNAVAILABLE */
  set(line: string, to: "active" | "inactive"): Promise<void>;
  /** @throws BusbarError INTERNAL for a line that no step awaits */
  signal(line: string): Signal;
}

/** Front-panel buttons that the BMC sees. */
export interface PanelButtons {
  readonly powerButton?: Signal;
  readonly resetButton?: Signal;
}
