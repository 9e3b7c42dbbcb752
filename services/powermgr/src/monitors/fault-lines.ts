import type { DomainControl, Signal } from "@busbar/backend";
import { busbar, type ComponentName, subjects, timestamp } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { Journal } from "../store/journal.ts";

export interface FaultLine {
  readonly component: ComponentName;
  /** The name that the platform gives it: thermtrip, overcurrent, … */
  readonly code: string;
  readonly line: string;
  readonly active: boolean;
}

export interface FaultLinesOptions {
  readonly controls: ReadonlyMap<ComponentName, Pick<DomainControl, "faults">>;
  readonly journal: Pick<Journal, "event">;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  /** What is done about it by policy: immediate_off, graceful_off or notify. For the event only. */
  readonly response: (fault: FaultLine) => string;
  /** Called before the event is stored: what is to be cut is cut first. */
  readonly onFault: (fault: FaultLine) => void;
}

interface Watched extends FaultLine {
  active: boolean;
  /** When it was seen active last, on the monotonic clock. */
  seenAt: number;
  readonly signal: Signal;
}

/** Follows the lines by which hardware tells of trouble: debounced edges, and the level read again after each one. */
export class FaultLines {
  readonly #options: FaultLinesOptions;
  readonly #watched: readonly Watched[];
  readonly #ends: (() => void)[] = [];

  constructor(options: FaultLinesOptions) {
    this.#options = options;
    this.#watched = [...options.controls].flatMap(([component, { faults }]) =>
      [...(faults ?? [])].map(([code, signal]): Watched => {
        return { component, code, line: signal.line, active: false, seenAt: Number.NEGATIVE_INFINITY, signal };
      }),
    );
  }

  /** A fault that stands at the start is told like one that comes. */
  async start(): Promise<void> {
    await Promise.all(
      this.#watched.map((watched) => {
        this.#ends.push(watched.signal.onChange(() => void this.#look(watched)));
        return this.#look(watched);
      }),
    );
  }

  get active(): readonly FaultLine[] {
    return this.#watched.filter((each) => each.active);
  }

  /** Those of a component that are active, or were within the last `ms`: a line may fall with the rail that feeds it. */
  recent(component: ComponentName, ms: number): readonly FaultLine[] {
    const since = this.#options.clock.monotonic() - ms;
    return this.#watched.filter((each) => each.component === component && (each.active || each.seenAt >= since));
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  async #look(watched: Watched): Promise<void> {
    const state = await watched.signal.read();
    // A line that can't be read neither begins a fault nor ends one.
    if (state === "unknown") return;
    const active = state === "active";
    if (watched.active || active) watched.seenAt = this.#options.clock.monotonic();
    if (watched.active === active) return;
    watched.active = active;
    const { component, code, line } = watched;
    this.#options.onFault({ component, code, line, active });
    const data = busbar.v1.FaultEvent.encode({
      component,
      code,
      severity: busbar.v1.FaultSeverity.FAULT_SEVERITY_CRITICAL,
      active,
      source: line,
      message: active ? `${line} says ${code}` : `${line} no longer says ${code}`,
      observedAt: timestamp(this.#options.clock.now()),
      response: active ? this.#options.response(watched) : "",
    }).finish();
    // Resolves however long the disk takes; nothing here waits for it.
    void this.#options.journal.event(subjects.fault(component), data);
  }
}
