import type { DomainControl } from "@busbar/backend";
import {
  asBusbarError,
  BusbarError,
  type ComponentName,
  isOffVerb,
  type Milliseconds,
  milliseconds,
} from "@busbar/contracts";
import type { Clock, Log } from "@busbar/daemon";
import type { Journal } from "../store/journal.ts";
import {
  type ComponentOutcome,
  endStateOf,
  type Operation,
  type OperationState,
  type StepRecord,
} from "./operation.ts";
import { downward, isAct, isToggle, lineOf, type PlanPart, type PlanStep, type PlanView, plan } from "./plan.ts";
import type { PulseGate } from "./pulse-gate.ts";
import { encodeResult, resultSubject } from "./result-event.ts";
import { type PendingOn, perform } from "./steps.ts";

export interface ExecutionOptions {
  readonly controls: ReadonlyMap<ComponentName, DomainControl>;
  readonly view: PlanView;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly gate: PulseGate;
  readonly pendingOn: Map<ComponentName, PendingOn>;
  readonly onOutcome: (operation: Operation, outcome: ComponentOutcome) => void;
}

/** `reason` of the abort when powermgr is told to stop. */
export const stopping = "stopping";

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

  constructor(options: ExecutionOptions, operation: Operation, signal: AbortSignal, mayAct: boolean) {
    this.#options = options;
    this.#operation = operation;
    this.#signal = signal;
    this.#mayAct = mayAct;
  }

  /** Resolves when the end is recorded. Never rejects for what happens to the hardware. */
  async run(): Promise<void> {
    const operation = this.#operation;
    const { view, clock, journal } = this.#options;
    operation.state = "running";
    operation.startedAt ??= clock.now();
    if (operation.plan === undefined) {
      operation.plan = plan(operation.component, operation.verb, view);
      operation.before = Object.fromEntries(operation.plan.map(({ component }) => [component, view.power(component)]));
      journal.started(operation);
    }
    let failure: BusbarError | undefined;
    for (const [index, part] of operation.plan.entries()) {
      const concluded = operation.outcomes.find(({ component }) => component === part.component);
      if (concluded) {
        failure ??= errorOf(concluded);
        continue;
      }
      const started = clock.monotonic();
      const error = failure ? dependencyFailed(part, failure) : await this.#attempt(part, index);
      // Stopped in good order: the next start goes on with it, as after a crash.
      if (error?.reason === stopping) return;
      failure ??= error;
      if (error || part.concludes) await this.#conclude(part, error, milliseconds(clock.monotonic() - started));
    }
    const state: OperationState = failure ? endStateOf(failure.code) : "succeeded";
    journal.end(operation, state, clock.now());
  }

  async #attempt(part: PlanPart, index: number): Promise<BusbarError | undefined> {
    try {
      for (const [number, step] of part.steps.entries()) await this.#step(step, index, number);
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

  async #step(step: PlanStep, part: number, number: number): Promise<void> {
    const { controls } = this.#options;
    const control = controls.get(step.component);
    if (!control) throw new BusbarError("INTERNAL", `${step.component} is in a plan but not on this platform`);
    const known = this.#operation.steps.find((record) => record.part === part && record.step === number);
    if (known?.outcome === "done" || known?.outcome === "no-op") return;
    if (known && isToggle(step)) {
      await this.#judge(step, known, control);
      return;
    }
    this.#signal.throwIfAborted();
    if (isAct(step)) await this.#act(step, control, known ?? (await this.#record(step, part, number, control)));
    else if (!this.#hasActedAfter(part, number)) await this.#wait(step, control, part, number);
  }

  /** Waits are not in the journal; one that an act followed before a crash was over then, and may never be so again. */
  #hasActedAfter(part: number, number: number): boolean {
    return this.#operation.steps.some((record) => record.part > part || (record.part === part && record.step > number));
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
      throw new BusbarError(
        "OUTCOME_UNKNOWN",
        "powermgr was restarted during the reset; whether it took effect can't be seen",
        {
          component: step.component,
          reason: "restarted-during-reset",
          remedy: "look at the host; reset it again if it needs that",
        },
      );
    }
    this.#uncertain.add(step.component);
  }

  async #act(step: PlanStep, control: DomainControl, record: StepRecord): Promise<void> {
    const { gate } = this.#options;
    const started = this.#options.clock.monotonic();
    if (step.kind === "switch" && step.to === "off" && this.#operation.verb !== "force-off")
      this.#refuseUnderLoad(step.component);
    const act = () => this.#perform(step, control);
    try {
      const isPulse = isToggle(step);
      const outcome = await (step.kind === "reset" && control.resetsUs
        ? gate.alone(act, this.#signal)
        : isPulse
          ? gate.through(act, this.#signal)
          : act());
      this.#finish(record, outcome, started);
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
      record.outcome = await this.#perform(step, control);
      if (step.kind === "await" && step.power === "on") this.#options.pendingOn.delete(step.component);
    } catch (thrown) {
      const error = asBusbarError(thrown);
      record.outcome = error.code;
      if (error.code !== "POWER_GOOD_TIMEOUT" || !this.#uncertain.has(step.component)) throw error;
      throw new BusbarError("OUTCOME_UNKNOWN", `powermgr was restarted during the act, and ${error.message}`, {
        component: step.component,
        reason: "restarted-during-act",
        remedy: "look at the host, then try again",
        cause: error,
      });
    } finally {
      record.durationMs = Math.round(clock.monotonic() - started);
    }
  }

  #perform(step: PlanStep, control: DomainControl) {
    const { clock, pendingOn, view } = this.#options;
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
    this.#operation.state = "running";
    const evidence = step.kind === "reset" ? await control.evidence?.() : undefined;
    const line = lineOf(step, control);
    const record: StepRecord = {
      part,
      step: number,
      kind: step.kind,
      component: step.component,
      startedAt: this.#options.clock.now(),
      boottime: this.#options.clock.boottime(),
      ...(line !== undefined && { line }),
      ...("toward" in step && { toward: step.toward }),
      ...(evidence !== undefined && { evidence }),
    };
    try {
      await this.#options.journal.intent(this.#operation, record);
    } catch (cause) {
      if (isOffVerb(this.#operation.verb)) return record;
      throw new BusbarError("UNAVAILABLE", "the journal can't be written, so nothing is switched on or reset", {
        component: step.component,
        operationId: this.#operation.id,
        reason: "journal-unavailable",
        remedy: "make room on the data directory's disk",
        cause,
      });
    }
    return record;
  }

  #finish(record: StepRecord, outcome: string, started: number): void {
    record.outcome = outcome;
    if (endsPendingOn(record)) this.#options.pendingOn.delete(record.component);
    record.durationMs = started === 0 ? 0 : Math.round(this.#options.clock.monotonic() - started);
    this.#options.journal.stepped(this.#operation, record);
  }

  /** A person may have switched a host on meanwhile: its rail stays. */
  #refuseUnderLoad(component: ComponentName): void {
    const { view } = this.#options;
    const loaded = downward(component, view).find((name) => name !== component && view.power(name) !== "off");
    if (loaded === undefined) return;
    throw new BusbarError(
      "DEPENDENCY_FAILED",
      `${loaded} is ${view.power(loaded)}, so the rail of ${component} stays on`,
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
    if (clock.monotonic() < pending.until && view.power(component) !== "on" && control.unavailable() === undefined)
      return pending;
    pendingOn.delete(component);
    return undefined;
  }

  async #conclude(
    { component, verb }: PlanPart,
    error: BusbarError | undefined,
    durationMs: Milliseconds,
  ): Promise<void> {
    const { journal, clock, controls, onOutcome } = this.#options;
    const outcome: ComponentOutcome = {
      component,
      verb,
      success: error === undefined,
      ...(error && { errorCode: error.code, message: error.message }),
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

/** Whatever a press toward on had begun is over after a hold in full, and before a press toward off. */
export const endsPendingOn = ({ kind, toward, outcome }: StepRecord): boolean =>
  outcome === "done" && (kind === "hold" || (kind === "press" && toward === "off"));

const errorOf = ({ success, errorCode, message, component }: ComponentOutcome): BusbarError | undefined =>
  success ? undefined : new BusbarError(errorCode ?? "POWER_OPERATION_FAILED", message ?? "failed", { component });

/** A part that is not attempted because one before it failed. */
const dependencyFailed = (part: PlanPart, failure: BusbarError) =>
  failure.code === "ABORTED" || failure.code === "DEADLINE_EXCEEDED"
    ? failure
    : new BusbarError("DEPENDENCY_FAILED", `${part.component} was left alone: ${failure.message}`, {
        component: part.component,
        cause: failure,
        ...(failure.remedy && { remedy: failure.remedy }),
      });
