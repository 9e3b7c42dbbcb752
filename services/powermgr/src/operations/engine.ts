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
import type { Interlock } from "../interlocks/interlock.ts";
import type { Journal } from "../store/journal.ts";
import { admit, type Claim, startable } from "./admission.ts";
import {
  type ComponentOutcome,
  endStateOf,
  isFinal,
  type Operation,
  type PowerRequest,
  type StepRecord,
} from "./operation.ts";
import { downward, footprint, type PlanPart, type PlanStep, type PlanView, plan } from "./plan.ts";
import { settle, unsettled } from "./recovery.ts";
import { encodeResult, resultSubject } from "./result-event.ts";
import { perform } from "./steps.ts";

interface Live extends Claim {
  readonly operation: Operation;
  readonly abort: AbortController;
  running: boolean;
}

export interface EngineOptions {
  readonly controls: ReadonlyMap<ComponentName, DomainControl>;
  readonly view: PlanView;
  readonly journal: Journal;
  readonly interlocks: readonly Interlock[];
  readonly clock: Clock;
  readonly log: Log;
  readonly queueLimit: number;
}

/** Admits operations, keeps conflicting ones apart, and carries them out to a recorded end. */
export class PowerEngine {
  #options: EngineOptions;
  #open: Live[] = [];
  #ended: Promise<void>[] = [];
  /** Until when a press toward on may still raise power-good. */
  #pendingOn = new Map<ComponentName, Milliseconds>();
  #stopping = false;
  onOutcome: (operation: Operation, outcome: ComponentOutcome) => void = () => {};
  /** Told before an operation acts on these. */
  onStart: (components: readonly ComponentName[], operationId: string) => void = () => {};
  /** Told after its last record. */
  onEnd: (components: readonly ComponentName[], operationId: string) => void = () => {};

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /**
   * Admits or refuses; does no I/O. The same id again is answered with the operation it already names.
   * @throws BusbarError NOT_FOUND, CONFLICT, INTERLOCK_DENIED, HARDWARE_UNAVAILABLE, RESOURCE_EXHAUSTED, ABORTED
   */
  submit(request: PowerRequest): Operation {
    const known = this.#options.journal.operations.get(request.id);
    if (known) return this.#again(known, request);
    if (this.#stopping)
      throw new BusbarError("UNAVAILABLE", "powermgr is stopping", {
        component: request.component,
        remedy: "try again in a moment",
      });
    this.#check(request);
    const claim = this.#claim(request);
    const taken = admit(claim, this.#open, this.#options.queueLimit);
    const operation: Operation = {
      id: request.id,
      component: request.component,
      verb: request.verb,
      action: request.action,
      actor: request.actor,
      timeoutMs: request.timeout,
      queuedAt: this.#options.clock.now(),
      state: "queued",
      parts: [],
      steps: [],
      outcomes: [],
    };
    for (const older of taken) this.#supersede(older.id, request);
    this.#options.journal.admitted(operation);
    this.#begin({ ...claim, operation, abort: new AbortController(), running: false });
    return operation;
  }

  /** The operation in progress on a component, if any. */
  activeOn(component: ComponentName): Operation | undefined {
    return this.#open.find((live) => live.running && live.footprint.has(component))?.operation;
  }

  /** Settles what a crash left open: never by acting again, only by looking (DESIGN §5). */
  recover(): void {
    for (const operation of this.#options.journal.operations.values()) {
      if (isFinal(operation.state)) continue;
      const claim = this.#claim(operation);
      const live: Live = { ...claim, operation, abort: new AbortController(), running: true };
      this.#open.push(live);
      this.onStart([...live.footprint], live.id);
      this.#track(this.#settle(live));
    }
  }

  /** Ends what is in progress: pulses run to their end, waits are cut short. Resolves when every outcome is recorded. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const reason = new BusbarError("ABORTED", "powermgr was stopped", {
      reason: "stopping",
      remedy: "send the request again",
    });
    for (const live of this.#open) live.abort.abort(reason);
    // One that waited starts, and ends at once, when the one before it has ended.
    while (this.#ended.length > 0) await Promise.allSettled(this.#ended);
  }

  #again(known: Operation, request: PowerRequest): Operation {
    if (known.state === "tombstone") {
      throw new BusbarError("ABORTED", `operation ${known.id} was given up before it arrived`, {
        component: request.component,
        operationId: known.id,
        reason: "tombstone",
        remedy: "send a new request",
      });
    }
    if (known.component !== request.component || known.verb !== request.verb) {
      throw new BusbarError("CONFLICT", `operation ${known.id} is another: ${known.verb} of ${known.component}`, {
        component: request.component,
        operationId: known.id,
        remedy: "use a new id for a new operation",
      });
    }
    return known;
  }

  #check(request: PowerRequest): void {
    const { component, verb } = request;
    const control = this.#options.controls.get(component);
    if (!control) {
      throw new BusbarError("NOT_FOUND", `the platform has no ${component}`, {
        component,
        remedy: "list what it has: powermgr.domains.list",
      });
    }
    const missing = control.unavailable();
    if (missing !== undefined) {
      throw new BusbarError("HARDWARE_UNAVAILABLE", `${component} can't be controlled: ${missing}`, {
        component,
        reason: "line-missing",
        remedy: "check the platform file and the board; see powermgr.health.check",
      });
    }
    if (isOffVerb(verb)) return;
    for (const interlock of this.#options.interlocks) {
      const denial = interlock.check({ component, verb, footprint: footprint(component, verb, this.#options.view) });
      if (denial) {
        throw new BusbarError("INTERLOCK_DENIED", denial.message, {
          component,
          reason: interlock.name,
          remedy: denial.remedy,
        });
      }
    }
  }

  #claim(request: Pick<PowerRequest, "id" | "component" | "verb">): Claim {
    const { id, component, verb } = request;
    return { id, component, verb, footprint: footprint(component, verb, this.#options.view) };
  }

  #supersede(id: string, by: PowerRequest): void {
    const live = this.#open.find((candidate) => candidate.id === id);
    live?.abort.abort(
      new BusbarError("ABORTED", `superseded by ${by.verb} of ${by.component}`, {
        component: live.component,
        operationId: id,
        reason: "superseded",
        details: { superseded_by: by.id },
      }),
    );
    // What waits has touched nothing: it makes way at once. What runs does so at the end of its step.
    if (live && !live.running) this.#run(live);
  }

  #begin(live: Live): void {
    this.#open.push(live);
    const deadline = setTimeout(() => {
      live.abort.abort(
        new BusbarError(
          "DEADLINE_EXCEEDED",
          `${live.verb} of ${live.component} did not end within ${live.operation.timeoutMs} ms`,
          {
            component: live.component,
            operationId: live.id,
            remedy: "look at the operation's steps: powermgr.operations.get",
          },
        ),
      );
      if (!live.running) this.#run(live);
    }, live.operation.timeoutMs);
    live.abort.signal.addEventListener("abort", () => clearTimeout(deadline), { once: true });
    this.#schedule();
  }

  #schedule(): void {
    const current = this.#open.map((live) => (live.running ? live : { ...live, ...this.#claim(live.operation) }));
    const ready = new Map(startable(current).map((claim) => [claim.id, claim]));
    for (const live of [...this.#open]) {
      const claim = ready.get(live.id);
      if (claim) this.#run(Object.assign(live, { footprint: claim.footprint }));
    }
  }

  #run(live: Live): void {
    live.running = true;
    this.onStart([...live.footprint], live.id);
    this.#track(this.#carryOut(live));
  }

  #track(work: Promise<void>): void {
    const ended = work
      .catch((error) => this.#options.log.error({ err: error }, "an operation ended without a record"))
      .finally(() => {
        this.#ended = this.#ended.filter((other) => other !== ended);
      });
    this.#ended.push(ended);
  }

  #close(live: Live): void {
    this.#open = this.#open.filter((other) => other !== live);
    live.abort.abort(new BusbarError("ABORTED", "ended"));
    this.onEnd([...live.footprint], live.id);
    this.#schedule();
  }

  async #carryOut(live: Live): Promise<void> {
    const { operation } = live;
    const { view, clock, journal } = this.#options;
    operation.state = "running";
    operation.startedAt = clock.now();
    const parts = plan(operation.component, operation.verb, view);
    operation.parts = parts.map((part) => part.component);
    journal.started(operation);
    const before = new Map(parts.map((part) => [part.component, view.power(part.component)]));
    let failure: BusbarError | undefined;
    for (const part of parts) {
      const started = clock.monotonic();
      const error = failure ? dependencyFailed(part, failure) : await this.#attempt(live, part);
      failure ??= error;
      const power = (await this.#options.controls.get(part.component)?.sense.readStable()) ?? "unknown";
      await this.#outcome(operation, {
        component: part.component,
        verb: part.verb,
        success: error === undefined,
        ...(error && { errorCode: error.code, message: error.message }),
        before: before.get(part.component) ?? "unknown",
        power,
        durationMs: clock.monotonic() - started,
      });
    }
    journal.end(operation, failure ? endStateOf(failure.code) : "succeeded", clock.now());
    this.#close(live);
  }

  async #attempt(live: Live, part: PlanPart): Promise<BusbarError | undefined> {
    try {
      for (const step of part.steps) await this.#step(live, step);
      return undefined;
    } catch (error) {
      const failure = asBusbarError(error);
      this.#options.log.warn({ err: failure, operation: live.id, component: part.component }, "operation failed");
      return failure;
    }
  }

  async #step(live: Live, step: PlanStep): Promise<void> {
    const { controls, clock, journal } = this.#options;
    const control = controls.get(step.component);
    if (!control) throw new BusbarError("INTERNAL", `${step.component} is in a plan but not on this platform`);
    live.abort.signal.throwIfAborted();
    const line = lineOf(step, control);
    const record: StepRecord = {
      kind: step.kind,
      component: step.component,
      startedAt: clock.now(),
      ...(line && { line }),
    };
    const started = clock.monotonic();
    if (line === undefined) {
      live.operation.steps.push(record);
      live.operation.state = step.kind === "await" ? "verifying" : "running";
    } else {
      live.operation.state = "running";
      await this.#intend(live, record);
      if (step.kind === "switch" && step.to === "off" && live.verb === "off") this.#refuseUnderLoad(step.component);
    }
    try {
      record.outcome = await perform(step, {
        control,
        signal: live.abort.signal,
        monotonic: () => clock.monotonic(),
        pendingOn: () => this.#outstanding(step.component, control),
        notePressedOn: () =>
          this.#pendingOn.set(
            step.component,
            milliseconds(clock.monotonic() + this.#options.view.domain(step.component).timing.powerGood),
          ),
      });
    } catch (error) {
      record.outcome = asBusbarError(error).code;
      throw error;
    } finally {
      record.durationMs = Math.round(clock.monotonic() - started);
      if (line !== undefined) journal.stepped(live.operation, record);
    }
  }

  /** The intent is durable before the line is touched. An off goes on without: it is always possible (DESIGN §11, rule 5). */
  async #intend(live: Live, record: StepRecord): Promise<void> {
    try {
      await this.#options.journal.intent(live.operation, record);
    } catch (cause) {
      if (isOffVerb(live.verb)) return;
      throw new BusbarError("UNAVAILABLE", "the journal can't be written, so nothing is switched on or reset", {
        component: record.component,
        operationId: live.id,
        reason: "journal-unavailable",
        remedy: "make room on the data directory's disk",
        cause,
      });
    }
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

  #outstanding(component: ComponentName, control: DomainControl): Milliseconds | undefined {
    const until = this.#pendingOn.get(component);
    if (until === undefined) return undefined;
    if (
      this.#options.clock.monotonic() < until &&
      this.#options.view.power(component) !== "on" &&
      control.unavailable() === undefined
    )
      return until;
    this.#pendingOn.delete(component);
    return undefined;
  }

  async #outcome(operation: Operation, outcome: ComponentOutcome): Promise<void> {
    const { journal, clock } = this.#options;
    await journal.outcome(operation, outcome, resultSubject(outcome), encodeResult(operation, outcome, clock.now()));
    this.onOutcome(operation, outcome);
  }

  async #settle(live: Live): Promise<void> {
    const { operation } = live;
    const { view, clock, journal, controls } = this.#options;
    let worst: ComponentOutcome | undefined;
    for (const component of unsettled(operation)) {
      const found = await settle(component, operation, controls.get(component), view);
      const outcome: ComponentOutcome = { component, verb: operation.verb, before: "unknown", durationMs: 0, ...found };
      if (!outcome.success) worst ??= outcome;
      await this.#outcome(operation, outcome);
    }
    const state = worst ? endStateOf(worst.errorCode ?? "INTERNAL") : "succeeded";
    journal.end(operation, state, clock.now());
    this.#close(live);
  }
}

/** Lines are touched by these; the rest only waits. */
function lineOf(step: PlanStep, control: DomainControl): string | undefined {
  switch (step.kind) {
    case "press":
      return control.powerButton?.line ?? "";
    case "hold":
      return control.forceOff?.line ?? control.powerButton?.line ?? "";
    case "reset":
      return control.resetButton?.line ?? "";
    case "switch":
      return control.rail?.line ?? "";
    case "await":
    case "pause":
      return undefined;
    default:
      return step satisfies never;
  }
}

/** A part that is not attempted because one before it failed. */
const dependencyFailed = (part: PlanPart, failure: BusbarError) =>
  failure.code === "ABORTED" || failure.code === "DEADLINE_EXCEEDED"
    ? failure
    : new BusbarError("DEPENDENCY_FAILED", `${part.component} was left alone: ${failure.message}`, {
        component: part.component,
        cause: failure,
        ...(failure.remedy && { remedy: failure.remedy }),
      });
