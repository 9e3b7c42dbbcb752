import type { DomainControl, Power, Standby } from "@busbar/backend";
import { busbar, type ComponentName, milliseconds, subjects, timestamp } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { DomainGraph } from "@busbar/platform";
import type { Journal } from "../store/journal.ts";
import type { FaultLine } from "./fault-lines.ts";
import type { PowerChange } from "./power-monitor.ts";
import { type RootCause, rootCause } from "./root-cause.ts";

/** Feeder, host and fault lines don't change at one moment: supplies hold up, lines are debounced (1 s at most). */
export const settleTime = milliseconds(1_000);

export interface PowerLossOptions {
  readonly graph: DomainGraph;
  readonly controls: ReadonlyMap<ComponentName, Pick<DomainControl, "standby">>;
  readonly power: (component: ComponentName) => Power;
  readonly recentFaults: (component: ComponentName, ms: number) => readonly FaultLine[];
  readonly journal: Pick<Journal, "event">;
  readonly clock: Pick<Clock, "now" | "timer">;
  readonly onLoss: (component: ComponentName, cause: RootCause) => void;
}

/**
 * Tells of power that is lost while nobody asked for it, with the root cause where lines show one, and of its end. The
 * change itself is power-monitor's event; this one says that something is wrong.
 */
export class PowerLoss {
  readonly #options: PowerLossOptions;
  /** What each component last had for sure: on, unknown, off is a loss too. */
  readonly #known = new Map<ComponentName, Power>();
  /** Losses whose cause is still being gathered, and those that were told and stand. */
  readonly #settling = new Map<ComponentName, () => void>();
  readonly #told = new Set<ComponentName>();

  constructor(options: PowerLossOptions) {
    this.#options = options;
  }

  /** A button of the panel explains a loss: it is no fault. */
  see({ component, power, isOperating, cause }: PowerChange): void {
    if (power === "unknown") return;
    const before = this.#known.get(component);
    this.#known.set(component, power);
    if (power === "on") {
      if (this.#told.delete(component)) this.#tellOver(component);
      return;
    }
    if (before !== "on" || isOperating || cause !== undefined || this.#settling.has(component)) return;
    const observedAt = this.#options.clock.now();
    const cancel = this.#options.clock.timer(settleTime, () => void this.#tellLost(component, observedAt));
    this.#settling.set(component, cancel);
  }

  close(): void {
    for (const cancel of this.#settling.values()) cancel();
  }

  async #tellLost(component: ComponentName, observedAt: number): Promise<void> {
    const { graph, power, recentFaults, onLoss } = this.#options;
    const line = graph.closure([component], "dependencies");
    const standby = await this.#standbyOf(line);
    this.#settling.delete(component);
    const cause = rootCause({
      standby,
      feeders: line.filter((name) => name !== component).map((name) => ({ component: name, power: power(name) })),
      faults: line.flatMap((name) => recentFaults(name, 2 * settleTime)),
    });
    this.#told.add(component);
    onLoss(component, cause);
    const { FAULT_SEVERITY_CRITICAL: critical, FAULT_SEVERITY_WARNING: warning } = busbar.v1.FaultSeverity;
    this.#publish(component, {
      active: true,
      severity: cause.isFault ? critical : warning,
      source: cause.source,
      message: `${component} lost power without a request: ${cause.message}`,
      observedAt,
    });
    // A blink: it came back while we looked for the cause.
    if (this.#known.get(component) === "on" && this.#told.delete(component)) this.#tellOver(component);
  }

  #tellOver(component: ComponentName): void {
    this.#publish(component, {
      active: false,
      severity: busbar.v1.FaultSeverity.FAULT_SEVERITY_WARNING,
      source: "",
      message: `${component} has power again`,
      observedAt: this.#options.clock.now(),
    });
  }

  /** The worst of what the components have. */
  async #standbyOf(components: readonly ComponentName[]): Promise<Standby | undefined> {
    const senses = components.flatMap((name) => this.#options.controls.get(name)?.standby ?? []);
    const all = await Promise.all(senses.map((sense) => sense.read()));
    return all.find((standby) => standby === "missing") ?? all.find((standby) => standby === "unknown") ?? all[0];
  }

  #publish(
    component: ComponentName,
    event: { active: boolean; severity: busbar.v1.FaultSeverity; source: string; message: string; observedAt: number },
  ): void {
    const observedAt = timestamp(event.observedAt);
    const data = busbar.v1.FaultEvent.encode({
      ...event,
      component,
      code: "power-lost",
      observedAt,
      response: "notify",
    });
    // Resolves however long the disk takes; nothing here waits for it.
    void this.#options.journal.event(subjects.fault(component), data.finish());
  }
}
