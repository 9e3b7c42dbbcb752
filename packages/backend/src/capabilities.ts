import type { AuxiliaryLines, PanelButtons, Signal, StandbySense } from "./signals.ts";

/** Whether a domain is powered, as its power-good shows it. Unknown is a value: never taken for off. */
export type Power = "on" | "off" | "unknown";

/** Tells whether the domain is powered. */
export interface Sense {
  /** Reads the hardware now, glitches included. Never rejects: what can't be read is unknown. */
  read(): Promise<Power>;
  /** What has held for the debounce time; unknown when it keeps changing. What decides over a press is read so. */
  readStable(): Promise<Power>;
  /** Called at every change of what `read` would answer, after debouncing. Returns the unsubscriber. */
  onChange(listener: (power: Power) => void): () => void;
}

/** A momentary line that acts by being asserted for a while: a toggle, so doing it twice undoes or repeats it. */
export interface Button {
  readonly line: string;
  /**
   * Asserts for the pulse that the platform gives it, then releases. Once asserted it always runs to its end.
   * @throws BusbarError HARDWARE_UNAVAILABLE before the assertion (nothing happened),
   *   POWER_OPERATION_FAILED after it (something may have happened).
   */
  press(): Promise<void>;
}

/** Something that forces the power off by staying asserted. */
export interface Holdable {
  readonly line: string;
  /** Asserts for the platform's hold, or until `release` says so, then releases. Same errors as `press`. */
  hold(release: AbortSignal): Promise<void>;
}

/** A rail enable: a level. Setting it twice does no more than once. */
export interface Switch {
  readonly line: string;
  /** @throws BusbarError HARDWARE_UNAVAILABLE */
  set(power: "on" | "off"): Promise<void>;
}

/** What a domain is asked to do. */
export type PowerUse = "on" | "off" | "force-off" | "reset" | "cycle" | "emergency-off";

/** What a domain draws. A figure that the hardware does not have is absent. */
export interface Measurement {
  /** Real power, in watts. */
  readonly watts?: number;
  /** Energy since a moment of the hardware's choosing, in joules: only its differences say something. */
  readonly joules?: number;
  /** When it was measured, in milliseconds since 1970. */
  readonly at: number;
}

/** Tells how much power the domain draws. */
export interface Measure {
  /** What was measured last, at once: nobody is asked for it. Undefined when nothing is known. */
  latest(): Measurement | undefined;
}

/** What a backend can do for one domain; a capability it lacks is absent, and actions that need it are refused. */
export interface DomainControl {
  readonly sense: Sense;
  readonly powerButton?: (Button & Holdable) | undefined;
  readonly resetButton?: Button | undefined;
  /** A line that cuts the power by itself: asserting it on an off host does nothing. */
  readonly forceOff?: Holdable | undefined;
  readonly rail?: Switch | undefined;
  readonly measure?: Measure | undefined;
  readonly standby?: StandbySense;
  readonly auxiliary?: AuxiliaryLines;
  readonly panel?: PanelButtons;
  /** By the name of the fault. */
  readonly faults?: ReadonlyMap<string, Signal>;
  /** Shows resets: another answer than before says that one took effect. Absent where nothing shows them. */
  evidence?(): Promise<string | undefined>;
  /** True for the BMC itself: its reset ends the process that asks for it. */
  readonly resetsUs?: boolean;
  /**
   * Undefined when all lines are held that `use` needs, or all there are where none is named; else what is missing and
   * why. A forced off needs what cuts the power and nothing else: it must go where power-good can't be read.
   */
  unavailable(use?: PowerUse): string | undefined;
  /** The same for lines that power control itself can do without: panel, faults, standby-good, auxiliaries. */
  impaired?(): string | undefined;
  /** Called whenever the answer of `unavailable` changes. Returns the unsubscriber. */
  onAvailability(listener: () => void): () => void;
  /** Releases momentary lines inactive and leaves latched ones as they are; calls no listener any more. Idempotent. */
  close(): Promise<void>;
}
