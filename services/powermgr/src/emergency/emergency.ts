import { randomUUID } from "node:crypto";
import type { Power } from "@busbar/backend";
import { asBusbarError, BusbarError, type ComponentName, milliseconds } from "@busbar/contracts";
import type { Clock, Log } from "@busbar/daemon";
import type { DomainGraph } from "@busbar/platform";
import { isFinal, type Operation, type PowerRequest } from "../operations/operation.ts";
import type { EmergencySource, Latch, LatchState } from "./latch.ts";

export interface EmergencyTrigger {
  readonly source: EmergencySource;
  readonly reason: string;
  readonly actor: string;
  /** What to cut, with everything that depends on it. Empty means all. */
  readonly components: readonly ComponentName[];
  readonly requestId?: string;
  readonly traceparent?: string;
}

export interface EmergencyOptions {
  /** What is switched, without the BMC itself. */
  readonly domains: ReadonlySet<ComponentName>;
  readonly graph: DomainGraph;
  readonly power: (component: ComponentName) => Power;
  readonly latch: Latch;
  readonly submit: (request: PowerRequest) => Operation;
  readonly operations: () => Iterable<Operation>;
  /** From admission to the verified end of an emergency off. */
  readonly timeout: (component: ComponentName) => number;
  /** What still speaks against power. */
  readonly persisting: () => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

/** How the ids of operations begin that an emergency brought about. */
export const emergencyPrefix = "emergency-";

/**
 * Cuts power first and tells of it afterwards (DESIGN §8, Emergency off): nothing here waits for a broker, a disk or
 * statemgr. What is off already is not touched, and what is being cut is not cut twice, so that a storm of alerts is one
 * emergency.
 */
export class Emergency {
  readonly #options: EmergencyOptions;
  /** Told when the latch is set, set anew, or cleared (undefined). */
  onChange: (state: LatchState | undefined, trigger: EmergencyTrigger | undefined) => void = () => {};

  constructor(options: EmergencyOptions) {
    this.#options = options;
  }

  get state(): LatchState | undefined {
    return this.#options.latch.state;
  }

  get persisting(): readonly string[] {
    return this.#options.persisting();
  }

  /**
   * Cuts power and latches. Returns what is latched from then on.
   * @throws BusbarError NOT_FOUND for a name that this platform doesn't switch; then nothing is cut
   */
  off(trigger: EmergencyTrigger): LatchState {
    const { domains, graph, latch, clock, log } = this.#options;
    const unknown = trigger.components.find((component) => !domains.has(component));
    if (unknown !== undefined) {
      throw new BusbarError("NOT_FOUND", `the platform switches no ${unknown}`, {
        component: unknown,
        remedy: `name some of ${[...domains].join(", ")}, or none for all`,
      });
    }
    const roots = graph.roots(trigger.components.length === 0 ? domains : trigger.components);
    const before = latch.state;
    // Latched before the first act: whatever an act makes way for must not be started instead.
    const cut = [...new Set(roots.flatMap((root) => this.#tree(root)))];
    const own = { source: trigger.source, reason: trigger.reason, actor: trigger.actor, since: clock.now() };
    const first = before === undefined || before.source === "found-latched" ? own : before;
    const latched = (operations: readonly string[]): LatchState => ({
      source: first.source,
      reason: first.reason,
      actor: first.actor,
      since: before?.since ?? own.since,
      components: merged(before?.components ?? [], cut),
      operations: merged(before?.operations ?? [], operations),
    });
    latch.hold(latched([]));
    const begun = roots.flatMap((root) => this.#cut(root, before?.components.includes(root) === true, trigger));
    const state = latched(begun);
    latch.set(state);
    if (before === undefined || begun.length > 0) {
      log.error({ ...trigger, operations: begun }, "emergency off");
      this.onChange(state, trigger);
    }
    return state;
  }

  /**
   * Lets power be switched on again. Nothing is switched on by it.
   * @throws BusbarError FAILED_PRECONDITION while a cause persists, UNAVAILABLE when the latch can't be removed
   */
  async clear(actor: string, reason: string): Promise<void> {
    const { latch, log } = this.#options;
    const persisting = this.persisting;
    if (persisting.length > 0) {
      throw new BusbarError("FAILED_PRECONDITION", `the emergency persists: ${persisting.join("; ")}`, {
        reason: "cause-persists",
        remedy: "remove the cause, then clear again",
      });
    }
    const before = latch.state;
    if (before === undefined) return;
    await latch.clear();
    log.warn({ actor, reason, was: before }, "the emergency latch was cleared");
    this.onChange(undefined, undefined);
  }

  #tree(root: ComponentName): readonly ComponentName[] {
    return this.#options.graph.closure([root], "dependents");
  }

  /** The operation that cuts this tree: a new one, the one that does already, or none where all is off. */
  #cut(
    root: ComponentName,
    wasCut: boolean,
    { actor, source, requestId, traceparent }: EmergencyTrigger,
  ): readonly string[] {
    const { power, submit, operations, timeout, log } = this.#options;
    for (const operation of operations()) {
      if (operation.verb === "emergency-off" && operation.component === root && !isFinal(operation.state)) return [];
    }
    // The first one in an emergency is made whatever is seen: a press of a moment ago may still switch something on.
    if (wasCut && this.#tree(root).every((name) => power(name) === "off")) return [];
    try {
      const operation = submit({
        id: `${emergencyPrefix}${randomUUID()}`,
        component: root,
        verb: "emergency-off",
        action: "",
        actor: actor === "" ? source : actor,
        source: "emergency",
        timeout: milliseconds(timeout(root)),
        ...(requestId !== undefined && { requestId }),
        ...(traceparent !== undefined && { traceparent }),
      });
      return [operation.id];
    } catch (error) {
      // One tree that can't be cut must not keep the others on.
      log.error({ err: asBusbarError(error), component: root }, "the emergency off could not be begun");
      return [];
    }
  }
}

const merged = (first: readonly string[], then: readonly string[]): readonly string[] => [
  ...new Set([...first, ...then]),
];
