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
  /** Told of every change of what is seen, but not of what is seen first. */
  onChange: (component: ComponentName, power: Power, previous: Power, hasOperation: boolean) => void = () => {};

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
    if (known) this.onChange(component, power, known.power, this.#operations.has(component));
    if (!this.#operations.has(component)) this.#report(component, "");
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

  #report(component: ComponentName, operationId: string): void {
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
