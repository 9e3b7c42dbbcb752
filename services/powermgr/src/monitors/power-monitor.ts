import type { DomainControl, Power } from "@busbar/backend";
import { busbar, type ComponentName, type Milliseconds, milliseconds, subjects, timestamp } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { Journal } from "../store/journal.ts";

export interface Observation {
  readonly power: Power;
  /** Milliseconds since 1970. */
  readonly observedAt: number;
}

interface Change extends Observation {
  readonly component: ComponentName;
  readonly previous: Power;
  readonly operationId: string;
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
  /** Changes during an operation follow its result, so that the result isn't held up by them. */
  #held: Change[] = [];
  /** The operation in progress on a component. */
  #operations = new Map<ComponentName, string>();
  #unsubscribe: (() => void)[] = [];

  constructor(options: PowerMonitorOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    for (const [component, control] of this.#options.controls) {
      this.#unsubscribe.push(control.sense.onChange((power) => this.#note(component, power)));
      this.#note(component, await control.sense.readStable());
    }
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

  /** An operation begins to act on these. */
  hold(components: Iterable<ComponentName>, operationId: string): void {
    for (const component of components) this.#operations.set(component, operationId);
  }

  /** It has ended: what was held back is reported. */
  release(components: readonly ComponentName[]): void {
    for (const component of components) this.#operations.delete(component);
    const due = this.#held.filter((change) => components.includes(change.component));
    this.#held = this.#held.filter((change) => !components.includes(change.component));
    for (const change of due) this.#report(change);
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
    const operationId = this.#operations.get(component) ?? "";
    const change = { component, power, observedAt, previous: known?.power ?? "unknown", operationId };
    if (operationId === "") this.#report(change);
    else this.#held.push(change);
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

  #report(change: Change): void {
    const { journal, clock } = this.#options;
    const data = busbar.v1.PowerGoodEvent.encode({
      component: change.component,
      power: powerNumber(change.power),
      previousPower: powerNumber(change.previous),
      observedAt: timestamp(change.observedAt),
      operationId: change.operationId,
    }).finish();
    const record = { component: change.component, power: change.power, boot: clock.bootId, at: clock.boottime() };
    // Resolves however long the disk takes; nothing here waits for it.
    void journal.power(record, subjects.powerGood(change.component), data);
  }
}

const numbers = {
  on: busbar.v1.Power.POWER_ON,
  off: busbar.v1.Power.POWER_OFF,
  unknown: busbar.v1.Power.POWER_UNKNOWN,
};

export const powerNumber = (power: Power): busbar.v1.Power => numbers[power];
