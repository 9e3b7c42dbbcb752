import type { DomainControl, Power } from "@busbar/backend";
import { busbar, type ComponentName, type Milliseconds, milliseconds, subjects, timestamp } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { Journal } from "../store/journal.ts";

export interface Observation {
  readonly power: Power;
  /** Milliseconds since 1970. */
  readonly observedAt: number;
}

export interface PowerMonitorOptions {
  readonly controls: ReadonlyMap<ComponentName, DomainControl>;
  readonly journal: Journal;
  readonly clock: Clock;
  /** What brought about a change that no operation did, where that is known; asked once per change. */
  readonly causeOf?: (component: ComponentName) => string | undefined;
}

/** A change of power-good, told at once. */
export interface PowerChange {
  readonly component: ComponentName;
  readonly power: Power;
  /** Undefined when it is seen for the first time. */
  readonly previous: Power | undefined;
  /** An operation acts on the component: the change is its doing, or will be told with its result. */
  readonly isOperating: boolean;
  /** What brought it about, where no operation did and that is known: a button of the panel. */
  readonly cause: string | undefined;
}

/** Keeps what each domain's power-good shows, since when it is off, and reports every change as a durable event. */
export class PowerMonitor {
  #options: PowerMonitorOptions;
  #observed = new Map<ComponentName, Observation>();
  /** CLOCK_BOOTTIME since when a component is off. */
  #offSince = new Map<ComponentName, number>();
  /** What was last told of each component. */
  #reported = new Map<ComponentName, Power>();
  /** The operation in progress on a component. */
  #operations = new Map<ComponentName, string>();
  #unsubscribe: (() => void)[] = [];
  #listeners = new Set<(change: PowerChange) => void>();

  constructor(options: PowerMonitorOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const reads = [...this.#options.controls].map(async ([component, control]) => {
      this.#unsubscribe.push(control.sense.onChange((power) => this.#note(component, power)));
      this.#note(component, await control.sense.readStable());
    });
    await Promise.all(reads);
  }

  observation(component: ComponentName): Observation {
    return this.#observed.get(component) ?? { power: "unknown", observedAt: this.#options.clock.now() };
  }

  power(component: ComponentName): Power {
    return this.observation(component).power;
  }

  offFor(component: ComponentName): Milliseconds | undefined {
    const since = this.#offSince.get(component);
    return since === undefined ? undefined : milliseconds(this.#options.clock.boottime() - since);
  }

  /** An operation begins to act on these: what power-good does from now on is told by its result. */
  hold(components: Iterable<ComponentName>, operationId: string): void {
    for (const component of components) this.#operations.set(component, operationId);
  }

  /** It has ended, and its result is on the way: what stands otherwise by now is told after it. */
  release(components: readonly ComponentName[], operationId: string): void {
    for (const component of components) {
      // One that was superseded while it waited never had it.
      if (this.#operations.get(component) !== operationId) continue;
      this.#operations.delete(component);
      if (this.#observed.has(component)) this.#report(component, operationId);
    }
  }

  onChange(listener: (change: PowerChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    for (const end of this.#unsubscribe) end();
  }

  #note(component: ComponentName, power: Power): void {
    const { clock } = this.#options;
    const known = this.#observed.get(component);
    if (known?.power === power) return;
    const observedAt = clock.now();
    this.#observed.set(component, { power, observedAt });
    this.#noteOff(component, power, known?.power);
    const isOperating = this.#operations.has(component);
    // On its way through unknown a change isn't there yet.
    const cause = isOperating || power === "unknown" ? undefined : this.#options.causeOf?.(component);
    for (const listener of this.#listeners) listener({ component, power, previous: known?.power, isOperating, cause });
    if (!isOperating) this.#report(component, "", cause);
  }

  #noteOff(component: ComponentName, power: Power, previous: Power | undefined): void {
    const { clock, journal } = this.#options;
    if (power !== "off") {
      if (power === "on") this.#offSince.delete(component);
      return;
    }
    const stored = journal.powers.get(component);
    const seenGoingOff = previous !== undefined;
    // Never seen before: nothing says that it was on. Seen on, or in another boot: it went off when nobody looked.
    if (!seenGoingOff && stored === undefined) return;
    const stillOff = !seenGoingOff && stored?.power === "off" && stored.boot === clock.bootId;
    if (!this.#offSince.has(component)) this.#offSince.set(component, stillOff ? stored.at : clock.boottime());
  }

  #report(component: ComponentName, operationId: string, cause = ""): void {
    const { journal, clock } = this.#options;
    const { power, observedAt } = this.observation(component);
    const previous = this.#reported.get(component);
    if (power === previous) return;
    this.#reported.set(component, power);
    const data = busbar.v1.PowerGoodEvent.encode({
      component,
      power: powerNumber(power),
      previousPower: powerNumber(previous ?? "unknown"),
      observedAt: timestamp(observedAt),
      operationId,
      cause,
    }).finish();
    // Resolves however long the disk takes; nothing here waits for it.
    void journal.power(
      { component, power, boot: clock.bootId, at: clock.boottime() },
      subjects.powerGood(component),
      data,
    );
  }
}

const numbers = {
  on: busbar.v1.Power.POWER_ON,
  off: busbar.v1.Power.POWER_OFF,
  unknown: busbar.v1.Power.POWER_UNKNOWN,
};

export const powerNumber = (power: Power): busbar.v1.Power => numbers[power];
