import type { DomainControl, Standby } from "@busbar/backend";
import { busbar, type ComponentName, subjects, timestamp } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { Journal } from "../store/journal.ts";

export interface StandbyPowerOptions {
  readonly controls: ReadonlyMap<ComponentName, Pick<DomainControl, "standby">>;
  readonly journal: Pick<Journal, "event">;
  readonly clock: Pick<Clock, "now">;
  readonly onChange: (component: ComponentName, standby: Standby) => void;
}

/** Keeps what the standby-good lines show, so that admission has it at hand, and tells of standby power that is lost. */
export class StandbyPower {
  readonly #options: StandbyPowerOptions;
  readonly #seen = new Map<ComponentName, Standby>();
  /** Components whose loss was told. */
  readonly #lost = new Set<ComponentName>();
  readonly #ends: (() => void)[] = [];

  constructor(options: StandbyPowerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await Promise.all(
      [...this.#options.controls].map(async ([component, { standby }]) => {
        if (standby === undefined) return;
        const look = async () => this.#note(component, await standby.read());
        this.#ends.push(standby.onChange(() => void look()));
        await look();
      }),
    );
  }

  /** Good where no line shows it: the platform says that there is nothing to wait for. */
  of(component: ComponentName): Standby {
    if (this.#options.controls.get(component)?.standby === undefined) return "good";
    return this.#seen.get(component) ?? "unknown";
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #note(component: ComponentName, standby: Standby): void {
    if (this.#seen.get(component) === standby) return;
    this.#seen.set(component, standby);
    this.#options.onChange(component, standby);
    if (standby === "missing" && !this.#lost.has(component)) {
      this.#lost.add(component);
      this.#tell(component, true);
    } else if (standby === "good" && this.#lost.delete(component)) {
      this.#tell(component, false);
    }
  }

  #tell(component: ComponentName, active: boolean): void {
    const data = busbar.v1.FaultEvent.encode({
      component,
      code: "standby-lost",
      severity: busbar.v1.FaultSeverity.FAULT_SEVERITY_CRITICAL,
      active,
      source: "standby",
      message: active ? `standby power of ${component} is missing` : `standby power of ${component} is good again`,
      observedAt: timestamp(this.#options.clock.now()),
      response: active ? "notify" : "",
    }).finish();
    // Resolves however long the disk takes; nothing here waits for it.
    void this.#options.journal.event(subjects.fault(component), data);
  }
}
