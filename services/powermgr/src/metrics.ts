import type { Power } from "@busbar/backend";
import { asBusbarError, type ComponentName } from "@busbar/contracts";
import type { Metrics } from "@busbar/daemon";
import {
  type ComponentOutcome,
  isFinal,
  type Operation,
  type PowerRequest,
  type StepRecord,
} from "./operations/operation.ts";

/** What is read when somebody scrapes. */
export interface PowerSources {
  readonly components: Iterable<ComponentName>;
  readonly power: (component: ComponentName) => Power;
  readonly operations: () => Iterable<Operation>;
  readonly journalBytes: () => number;
}

/** powermgr's figures, in Prometheus' base units. Nothing here decides anything. */
export class PowerMetrics {
  readonly #outcomes;
  readonly #durations;
  readonly #refusals;
  readonly #acts;
  readonly #asserted;
  readonly #changes;
  readonly #losses;
  readonly #syncs;
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#outcomes = metrics.counter({
      name: "busbar_power_operations_total",
      help: "Components of power operations that ended",
    });
    this.#durations = metrics.histogram({
      name: "busbar_power_operation_duration_seconds",
      help: "From a component's first step to its outcome",
      buckets: [0.1, 0.3, 1, 3, 10, 30, 100, 300],
    });
    this.#refusals = metrics.counter({
      name: "busbar_power_operations_refused_total",
      help: "Power operations that were not admitted, by error code",
    });
    this.#acts = metrics.counter({
      name: "busbar_line_acts_total",
      help: "Acts on output lines by how they ended; one that a restart cut short counts as unknown",
    });
    this.#asserted = metrics.histogram({
      name: "busbar_line_assert_seconds",
      help: "Time of a press, hold or reset on its line, with the reading of power-good before it",
      buckets: [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1, 2, 4, 5, 8, 10, 15, 20],
    });
    this.#changes = metrics.counter({ name: "busbar_power_good_changes_total", help: "Changes of power-good" });
    this.#losses = metrics.counter({
      name: "busbar_power_good_losses_total",
      help: "Power-good that went away with no operation in progress",
    });
    this.#syncs = metrics.histogram({
      name: "busbar_journal_sync_duration_seconds",
      help: "Writing and syncing one batch of journal records",
      buckets: [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
    });
  }

  outcome({ verb, success, errorCode, durationMs }: ComponentOutcome): void {
    this.#outcomes.add(1, { verb, outcome: success ? "success" : (errorCode ?? "failure") });
    this.#durations.observe(durationMs / 1_000, { verb });
  }

  /** Of an operation that has ended: its acts, from its own record. */
  ended({ steps }: Operation): void {
    for (const { line, kind, outcome, durationMs } of steps) {
      if (line === undefined) continue;
      this.#acts.add(1, { line, kind, outcome: outcome ?? "unknown" });
      if (isPulse(kind) && outcome === "done" && durationMs !== undefined) {
        this.#asserted.observe(durationMs / 1_000, { line, kind });
      }
    }
  }

  /** Admits by `submit`, and counts what it refuses. */
  admitting<T>(submit: (request: PowerRequest) => T): (request: PowerRequest) => T {
    return (request) => {
      try {
        return submit(request);
      } catch (error) {
        const { code, reason } = asBusbarError(error);
        this.#refusals.add(1, { verb: request.verb, code, reason: reason ?? "" });
        throw error;
      }
    };
  }

  powerGood(component: ComponentName, power: Power, previous: Power, hasOperation: boolean): void {
    this.#changes.add(1, { component, power });
    if (previous === "on" && power === "off" && !hasOperation) this.#losses.add(1, { component });
  }

  journalSync(durationMs: number): void {
    this.#syncs.observe(durationMs / 1_000);
  }

  read({ components, power, operations, journalBytes }: PowerSources): void {
    const state = this.#metrics.gauge({ name: "busbar_power_state", help: "1 on, 0 off, NaN unknown, by power-good" });
    for (const component of components) {
      state.read(() => powerNumbers[power(component)], { component });
      this.#losses.add(0, { component }); // a rate needs the zero before the first one
    }
    const count = (fits: (operation: Operation) => boolean) => () => [...operations()].filter(fits).length;
    this.#metrics
      .gauge({ name: "busbar_power_operations_queued", help: "Admitted power operations that wait" })
      .read(count(({ state: at }) => at === "queued"));
    this.#metrics
      .gauge({ name: "busbar_power_operations_in_progress", help: "Power operations that act or verify" })
      .read(count(({ state: at }) => at !== "queued" && !isFinal(at)));
    this.#metrics.gauge({ name: "busbar_journal_size_bytes", help: "Size of the journal's file" }).read(journalBytes);
  }

  /** @param connected asked at every scrape */
  broker(connected: () => boolean): void {
    this.#metrics
      .gauge({ name: "busbar_broker_connected", help: "1 while the daemon is connected to its broker" })
      .read(() => (connected() ? 1 : 0));
  }
}

const powerNumbers: Readonly<Record<Power, number>> = { on: 1, off: 0, unknown: Number.NaN };

/** A switch keeps its level: it has no width. */
const isPulse = (kind: StepRecord["kind"]): boolean => kind === "press" || kind === "hold" || kind === "reset";
