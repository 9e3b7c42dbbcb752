import type { DomainControl } from "@busbar/backend";
import {
  asBusbarError,
  BusbarError,
  type ComponentName,
  isOffVerb,
  kindOf,
  milliseconds,
  type Verb,
} from "@busbar/contracts";
import type { Clock, Log } from "@busbar/daemon";
import type { Policies } from "@busbar/platform";
import type { Journal } from "../store/journal.ts";
import type { ActLock } from "./act-lock.ts";
import { interrupted, journalUnavailable } from "./failures.ts";
import type { Operation, StepRecord } from "./operation.ts";
import { downward, follows, isAct, isToggle, lineOf, type PlanStep, type PlanView, type StoredPart } from "./plan.ts";
import type { PulseGate } from "./pulse-gate.ts";
import { Spacing } from "./spacing.ts";
import { type PendingOn, perform } from "./steps.ts";
import { switchesOn } from "./validation.ts";

export interface StepOptions {
  readonly controls: ReadonlyMap<ComponentName, DomainControl>;
  readonly view: PlanView;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly policies: () => Policies;
  readonly gate: PulseGate;
  readonly lock: ActLock;
  /** Keeps the starts of hosts apart, of all operations. */
  readonly starts: Spacing;
  readonly pendingOn: Map<ComponentName, PendingOn>;
  /** Asked again right before it is switched on or reset. @throws BusbarError INTERLOCK_DENIED, DEPENDENCY_FAILED */
  readonly validate: (operation: Operation, component: ComponentName, verb: Verb) => Promise<void>;
  /** Whether another operation that has not ended may act on it. */
  readonly isClaimed: (component: ComponentName) => boolean;
}

/** Carries out the steps of one operation, each on record: what is done stays done, and a toggle is begun once. */
export class StepRunner {
  #options: StepOptions;
  #operation: Operation;
  #signal: AbortSignal;
  /** Components whose toggle a crash cut short: what power-good then doesn't show is unknown, not failed. */
  #uncertain = new Set<ComponentName>();
  /** After a restart of the BMC itself nothing is begun any more: the world may be another (DESIGN §5). */
  #mayAct: boolean;
  /** Keeps the shutdowns of this operation's hosts apart. */
  #shutdowns: Spacing;

  constructor(options: StepOptions, operation: Operation, signal: AbortSignal, mayAct: boolean) {
    this.#options = options;
    this.#operation = operation;
    this.#signal = signal;
    this.#mayAct = mayAct;
    this.#shutdowns = new Spacing(options.clock, () => options.policies().sequencing.shutdownDelay);
  }

  /** @throws BusbarError what the operation ends with */
  async run(part: StoredPart, step: PlanStep, index: number, number: number): Promise<void> {
    const { controls } = this.#options;
    const control = controls.get(step.component);
    if (!control) throw new BusbarError("INTERNAL", `${step.component} is in a plan but not on this platform`);
    const known = this.#operation.steps.find((record) => record.part === index && record.step === number);
    if (known?.outcome === "done" || known?.outcome === "no-op") return;
    if (known && isToggle(step)) {
      await this.#judge(step, known, control);
      return;
    }
    this.#signal.throwIfAborted();
    if (!isAct(step)) {
      if (!this.#hasActedAfter(index, number)) await this.#wait(step, control, index, number);
      return;
    }
    await this.#spaced(step, async () =>
      this.#act(part.verb, step, control, known ?? (await this.#record(step, index, number, control))),
    );
  }

  /** Inrush currents of hosts must not add up, nor must what their shutdowns do to the supply. Cutting power never waits. */
  #spaced(step: PlanStep, act: () => Promise<string>): Promise<string> {
    if (kindOf(step.component) !== "host") return act();
    if (step.kind === "press" && step.toward === "off") return this.#shutdowns.pass(act, this.#signal);
    return switchesOn(step) && step.kind !== "reset" ? this.#options.starts.pass(act, this.#signal) : act();
  }

  /** Waits are not in the journal; one that an act followed before a crash was over then, and may never be so again. */
  #hasActedAfter(part: number, number: number): boolean {
    const parts = this.#operation.plan ?? [];
    return this.#operation.steps.some(
      (record) => follows(parts, record.part, part) || (record.part === part && record.step > number),
    );
  }

  /** A toggle that began before a crash, or that failed. */
  async #judge(step: PlanStep, known: StepRecord, control: DomainControl): Promise<void> {
    if (known.outcome !== undefined && known.outcome !== "unknown") {
      throw new BusbarError(
        "POWER_OPERATION_FAILED",
        `the ${step.kind} failed before powermgr was restarted: ${known.outcome}`,
        { component: step.component },
      );
    }
    if (step.kind === "reset") {
      const seen = control.evidence && (await control.evidence());
      if (known.evidence !== undefined && seen !== undefined && seen !== known.evidence) {
        this.#finish(known, "done", 0);
        return;
      }
      throw interrupted.duringReset(step.component);
    }
    this.#uncertain.add(step.component);
  }

  async #act(verb: Verb, step: PlanStep, control: DomainControl, record: StepRecord): Promise<string> {
    const { gate, lock, validate } = this.#options;
    const started = this.#options.clock.monotonic();
    const perform = async () => {
      this.#signal.throwIfAborted();
      if (switchesOn(step)) await validate(this.#operation, step.component, verb);
      // Nothing is awaited between this and the rail.
      if (step.kind === "switch" && step.to === "off") this.#refuseUnderLoad(step.component);
      return this.#perform(step, control, record);
    };
    const act = () => lock.through(step.component, perform);
    try {
      const isPulse = isToggle(step);
      const outcome = await (step.kind === "reset" && control.resetsUs
        ? gate.alone(act, this.#signal)
        : isPulse
          ? gate.through(act, this.#signal)
          : act());
      this.#finish(record, outcome, started);
      return outcome;
    } catch (error) {
      this.#finish(record, asBusbarError(error).code, started);
      throw error;
    }
  }

  async #wait(step: PlanStep, control: DomainControl, part: number, number: number): Promise<void> {
    const { clock } = this.#options;
    const record: StepRecord = {
      part,
      step: number,
      kind: step.kind,
      component: step.component,
      startedAt: clock.now(),
    };
    const started = clock.monotonic();
    this.#operation.steps.push(record);
    this.#operation.state = step.kind === "await" ? "verifying" : "running";
    try {
      record.outcome = await this.#perform(step, control, record);
      if (step.kind === "await" && step.power === "on") this.#options.pendingOn.delete(step.component);
    } catch (thrown) {
      const error = asBusbarError(thrown);
      record.outcome = error.code;
      if (error.code !== "POWER_GOOD_TIMEOUT" || !this.#uncertain.has(step.component)) throw error;
      throw interrupted.duringAct(step.component, error);
    } finally {
      record.durationMs = Math.round(clock.monotonic() - started);
    }
  }

  #perform(step: PlanStep, control: DomainControl, record: StepRecord) {
    const { clock, pendingOn, view, policies } = this.#options;
    return perform(step, {
      control,
      signal: this.#signal,
      clock,
      offFor: () => view.offFor(step.component),
      pendingOn: () => this.outstanding(step.component, control),
      notePressedOn: () =>
        pendingOn.set(step.component, {
          until: milliseconds(clock.monotonic() + view.domain(step.component).timing.powerGood),
          isSure: true,
        }),
      attempts: policies().sequencing.retryAttempts,
      onAttempt: (attempt) => {
        record.attempts = attempt;
      },
    });
  }

  /** The intent is durable before the line is touched. An off goes on without: it is always possible (DESIGN §11, rule 5). */
  async #record(step: PlanStep, part: number, number: number, control: DomainControl): Promise<StepRecord> {
    if (!this.#mayAct) {
      throw new BusbarError("ABORTED", `the BMC was restarted before powermgr acted on ${step.component}`, {
        component: step.component,
        reason: "restarted",
        remedy: "send the request again",
      });
    }
    const { clock, journal } = this.#options;
    this.#operation.state = "running";
    const evidence = step.kind === "reset" ? await control.evidence?.() : undefined;
    const line = lineOf(step, control);
    const record: StepRecord = {
      part,
      step: number,
      kind: step.kind,
      component: step.component,
      startedAt: clock.now(),
      boottime: clock.boottime(),
      ...(line !== undefined && { line }),
      ...("toward" in step && { toward: step.toward }),
      ...(evidence !== undefined && { evidence }),
    };
    if (this.#operation.verb === "emergency-off") {
      journal.acting(this.#operation, record);
      return record;
    }
    try {
      await journal.intent(this.#operation, record);
    } catch (cause) {
      if (isOffVerb(this.#operation.verb)) return record;
      throw journalUnavailable(step.component, this.#operation.id, cause);
    }
    return record;
  }

  #finish(record: StepRecord, outcome: string, started: number): void {
    record.outcome = outcome;
    if (endsPendingOn(record)) this.#options.pendingOn.delete(record.component);
    record.durationMs = started === 0 ? 0 : Math.round(this.#options.clock.monotonic() - started);
    this.#options.journal.stepped(this.#operation, record);
  }

  /** A person may have switched a host on meanwhile, or asked for that: its rail stays. Cutting power asks nobody. */
  #refuseUnderLoad(component: ComponentName): void {
    const { view, isClaimed } = this.#options;
    const { verb } = this.#operation;
    if (verb === "force-off" || verb === "emergency-off") return;
    const above = downward(component, view).filter((name) => name !== component);
    const loaded = above.find((name) => view.power(name) !== "off" || (verb !== "off" && isClaimed(name)));
    if (loaded === undefined) return;
    throw new BusbarError(
      "DEPENDENCY_FAILED",
      `${loaded} is ${view.power(loaded)} or about to change, so the rail of ${component} stays on`,
      {
        component,
        reason: "dependent-on",
        remedy: `switch ${loaded} off first`,
      },
    );
  }

  /** A press toward on that may still take effect. */
  outstanding(component: ComponentName, control: DomainControl): PendingOn | undefined {
    const { pendingOn, clock, view } = this.#options;
    const pending = pendingOn.get(component);
    if (pending === undefined) return undefined;
    const isHeard = control.unavailable("on") === undefined;
    if (clock.monotonic() < pending.until && view.power(component) !== "on" && isHeard) return pending;
    pendingOn.delete(component);
    return undefined;
  }
}

/**
 * Whatever a press toward on had begun is over after a hold in full, and before a press toward off; one whose line was
 * never asserted has begun nothing.
 */
export const endsPendingOn = (step: StepRecord): boolean => {
  const { kind, toward, outcome } = step;
  if (kind === "press" && toward === "on") return outcome === "HARDWARE_UNAVAILABLE";
  return outcome === "done" && (kind === "hold" || kind === "press");
};
