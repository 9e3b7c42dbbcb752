import type { DomainControl } from "@busbar/backend";
import {
  asBusbarError,
  BusbarError,
  type ComponentName,
  isOffVerb,
  kindOf,
  type Milliseconds,
  milliseconds,
  type Verb,
} from "@busbar/contracts";
import type { Clock, Log } from "@busbar/daemon";
import type { Policies } from "@busbar/platform";
import type { Journal } from "../store/journal.ts";
import type { ActLock } from "./act-lock.ts";
import { dependencyFailed, errorOf, interrupted, isMissingPowerGood, journalUnavailable } from "./failures.ts";
import {
  type ComponentOutcome,
  endStateOf,
  type Operation,
  type OperationState,
  type StepRecord,
} from "./operation.ts";
import {
  afterOf,
  downward,
  follows,
  isAct,
  isToggle,
  lineOf,
  type PlanStep,
  type PlanView,
  plan,
  type StoredPart,
} from "./plan.ts";
import type { PulseGate } from "./pulse-gate.ts";
import { encodeResult, resultSubject } from "./result-event.ts";
import { hasRolledBack, mayRun, railsToRollBack, rollbackPart, wasRolledBack } from "./rollback.ts";
import { Spacing } from "./spacing.ts";
import { type PendingOn, perform } from "./steps.ts";
import { switchesOn } from "./validation.ts";

export interface ExecutionOptions {
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
  /** Rails that are being rolled back: nothing is switched on that needs them. */
  readonly falling: Set<ComponentName>;
  /** Whether another operation that has not ended may act on it. */
  readonly isClaimed: (component: ComponentName) => boolean;
  readonly onOutcome: (operation: Operation, outcome: ComponentOutcome) => void;
}

/** `reason` of the abort when powermgr is told to stop. */
export const stopping = "stopping";

interface Concluding {
  readonly part: StoredPart;
  readonly error: BusbarError | undefined;
  readonly durationMs: Milliseconds;
}

/**
 * Carries one operation out, from its plan to its end. The plan and every act are in the journal, so that after a crash
 * the same plan goes on: what is done stays done, a toggle that had begun is judged by power-good and never made again,
 * what had not begun is done now (DESIGN §5).
 */
export class Execution {
  #options: ExecutionOptions;
  #operation: Operation;
  #signal: AbortSignal;
  /** Components whose toggle a crash cut short: what power-good then doesn't show is unknown, not failed. */
  #uncertain = new Set<ComponentName>();
  /** After a restart of the BMC itself nothing is begun any more: the world may be another (DESIGN §5). */
  #mayAct: boolean;
  /** Keeps the shutdowns of this operation's hosts apart. */
  #shutdowns: Spacing;
  #isStopping = false;
  /** What failed first. */
  #failure: BusbarError | undefined;
  /** How each component ended, from when that is known; its record may still be on the way to the disk. */
  #known = new Map<ComponentName, BusbarError | undefined>();
  /** What became of acts whose component has a part after them that looks at it. */
  #actErrors = new Map<ComponentName, BusbarError>();
  /** Rails stay open until it is sure that they are not rolled back, by their place in the plan. */
  #rails = new Map<number, Concluding>();
  #concluding: Promise<void>[] = [];

  constructor(options: ExecutionOptions, operation: Operation, signal: AbortSignal, mayAct: boolean) {
    this.#options = options;
    this.#operation = operation;
    this.#signal = signal;
    this.#mayAct = mayAct;
    this.#shutdowns = new Spacing(options.clock, () => options.policies().sequencing.shutdownDelay);
  }

  /** Resolves when the end is recorded. Never rejects for what happens to the hardware. */
  async run(): Promise<void> {
    const operation = this.#operation;
    const { clock, journal } = this.#options;
    operation.state = "running";
    operation.startedAt ??= clock.now();
    const parts = this.#plan();
    for (const outcome of operation.outcomes) {
      this.#known.set(outcome.component, errorOf(outcome));
      this.#failure ??= errorOf(outcome);
    }
    const ends: Promise<BusbarError | undefined>[] = [];
    for (const [index, part] of parts.entries()) ends.push(this.#part(part, index, ends));
    await Promise.all(ends);
    // Stopped in good order: the next start goes on with it, as after a crash.
    if (!this.#isStopping) await this.#settleRails();
    await Promise.all(this.#concluding);
    if (this.#isStopping) return;
    const failure = this.#failure;
    const { code, message } = failure ?? {};
    journal.end(
      operation,
      this.#endState(),
      clock.now(),
      code && message !== undefined ? { code, message } : undefined,
    );
  }

  #plan(): readonly StoredPart[] {
    const operation = this.#operation;
    const { view, journal } = this.#options;
    if (operation.plan !== undefined) return operation.plan;
    const parts = plan(operation.component, operation.verb, view);
    operation.plan = parts;
    operation.before = Object.fromEntries(parts.map(({ component }) => [component, view.power(component)]));
    journal.started(operation);
    return parts;
  }

  #endState(): OperationState {
    if (this.#failure === undefined) return "succeeded";
    return hasRolledBack(this.#operation) ? "rolled-back" : endStateOf(this.#failure.code);
  }

  /** Resolves when the part is over, with what went wrong. Its record may take longer. */
  async #part(
    part: StoredPart,
    index: number,
    ends: readonly Promise<BusbarError | undefined>[],
  ): Promise<BusbarError | undefined> {
    const earlier = await Promise.all(afterOf(part, index).map((before) => ends[before]));
    if (this.#isStopping) return undefined;
    const { component } = part;
    if (this.#known.has(component)) return this.#known.get(component);
    const { clock } = this.#options;
    const started = clock.monotonic();
    const failure = part.regardless ? undefined : earlier.find((error) => error && this.#holdsUp(error));
    const error = failure ? dependencyFailed(part, failure) : await this.#attempt(part, index);
    if (error?.reason === stopping) {
      this.#isStopping = true;
      return error;
    }
    const durationMs = milliseconds(clock.monotonic() - started);
    if (part.concludes)
      this.#over({ part, error: error && (this.#actErrors.get(component) ?? error), durationMs }, index);
    else if (error && part.regardless) this.#actErrors.set(component, error);
    else if (error) this.#over({ part, error, durationMs }, index);
    return error;
  }

  /** Where policy doesn't ask for it, a rail whose power-good is missing holds up nothing. */
  #holdsUp(error: BusbarError): boolean {
    return this.#options.policies().safety.powerGoodRequired || !isMissingPowerGood(error);
  }

  #over(concluding: Concluding, index: number): void {
    const { part, error } = concluding;
    this.#failure ??= error;
    this.#known.set(part.component, error);
    if (part.steps.some((step) => step.kind === "switch" && step.to === "on")) {
      this.#rails.set(index, concluding);
      return;
    }
    // What stands on these rails is on: they are not rolled back, and are told of first.
    const isBelow = (rail: number) => error === undefined && follows(this.#operation.plan ?? [], index, rail);
    const told = this.#concludeRails(isBelow);
    this.#concluding.push(told.then(() => this.#conclude(concluding)));
  }

  async #concludeRails(include: (index: number) => boolean): Promise<void> {
    const told = [...this.#rails].flatMap(([index, concluding]) => {
      if (!include(index)) return [];
      this.#rails.delete(index);
      return [this.#conclude(concluding)];
    });
    this.#concluding.push(...told);
    await Promise.all(told);
  }

  /** Rolls back what may be, then tells of all rails how they ended. */
  async #settleRails(): Promise<void> {
    const failure = this.#failure;
    if (failure && endStateOf(failure.code) === "failed" && !this.#signal.aborted) await this.#rollBack(failure);
    if (!this.#isStopping) await this.#concludeRails(() => true);
  }

  async #rollBack(failure: BusbarError): Promise<void> {
    const { falling, view } = this.#options;
    for (const { component, place } of railsToRollBack(this.#operation)) {
      const open = [...this.#rails].find(([, { part }]) => part.component === component);
      if (open === undefined || (await this.#mayBeLoaded(component))) continue;
      falling.add(component);
      const { powerGood } = view.domain(component).timing;
      const error = await this.#attempt(rollbackPart(component, powerGood), place);
      falling.delete(component);
      if (error?.reason === stopping) this.#isStopping = true;
      if (error) return;
      const [index, concluding] = open;
      this.#rails.set(index, { ...concluding, error: concluding.error ?? wasRolledBack(component, failure) });
    }
  }

  /** Right before the act what is seen and claimed is asked again; this reads the hardware, and counts late presses. */
  async #mayBeLoaded(rail: ComponentName): Promise<boolean> {
    const { view, controls } = this.#options;
    for (const name of downward(rail, view)) {
      if (name === rail) continue;
      const control = controls.get(name);
      if (control === undefined || mayRun(this.#operation, name)) return true;
      if (this.#outstanding(name, control) !== undefined) return true;
      if ((await control.sense.readStable()) !== "off") return true;
    }
    return false;
  }

  async #attempt(part: StoredPart, index: number): Promise<BusbarError | undefined> {
    try {
      for (const [number, step] of part.steps.entries()) await this.#step(part, step, index, number);
      return undefined;
    } catch (thrown) {
      const error = asBusbarError(thrown);
      this.#options.log.warn(
        { err: error, operation: this.#operation.id, component: part.component },
        "operation failed",
      );
      return error;
    }
  }

  async #step(part: StoredPart, step: PlanStep, index: number, number: number): Promise<void> {
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
      monotonic: () => clock.monotonic(),
      offFor: () => view.offFor(step.component),
      pendingOn: () => this.#outstanding(step.component, control),
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

  #outstanding(component: ComponentName, control: DomainControl): PendingOn | undefined {
    const { pendingOn, clock, view } = this.#options;
    const pending = pendingOn.get(component);
    if (pending === undefined) return undefined;
    const isHeard = control.unavailable("on") === undefined;
    if (clock.monotonic() < pending.until && view.power(component) !== "on" && isHeard) return pending;
    pendingOn.delete(component);
    return undefined;
  }

  async #conclude({ part: { component, verb }, error, durationMs }: Concluding): Promise<void> {
    const { journal, clock, controls, onOutcome } = this.#options;
    const outcome: ComponentOutcome = {
      component,
      verb,
      success: error === undefined,
      ...(error && { errorCode: error.code, message: error.message }),
      ...(error?.reason !== undefined && { reason: error.reason }),
      before: this.#operation.before?.[component] ?? "unknown",
      power: (await controls.get(component)?.sense.readStable()) ?? "unknown",
      durationMs,
    };
    await journal.outcome(
      this.#operation,
      outcome,
      resultSubject(outcome),
      encodeResult(this.#operation, outcome, clock.now()),
    );
    onOutcome(this.#operation, outcome);
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
