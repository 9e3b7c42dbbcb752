import type { DomainControl } from "@busbar/backend";
import { asBusbarError, BusbarError, type ComponentName, isOffVerb, milliseconds, type Verb } from "@busbar/contracts";
import type { Clock, Log } from "@busbar/daemon";
import type { Interlock } from "../interlocks/interlock.ts";
import type { Journal } from "../store/journal.ts";
import { admit, type Claim, startable } from "./admission.ts";
import { Execution, endsPendingOn, stopping } from "./execution.ts";
import { type ComponentOutcome, isFinal, type Operation, type PowerRequest } from "./operation.ts";
import { footprint, type PlanView } from "./plan.ts";
import { PulseGate } from "./pulse-gate.ts";
import type { PendingOn } from "./steps.ts";

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
  #pendingOn = new Map<ComponentName, PendingOn>();
  #gate = new PulseGate();
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
      source: request.source,
      ...(request.requestId !== undefined && { requestId: request.requestId }),
      ...(request.traceparent !== undefined && { traceparent: request.traceparent }),
      timeoutMs: request.timeout,
      queuedAt: this.#options.clock.now(),
      state: "queued",
      deadline: {
        boot: this.#options.clock.bootId,
        at: this.#options.clock.boottime() + request.timeout,
      },
      steps: [],
      outcomes: [],
    };
    for (const older of taken) this.#supersede(older.id, request);
    this.#options.journal.admitted(operation);
    this.#begin({ ...claim, operation, abort: new AbortController(), running: false });
    return operation;
  }

  /** Why an operation would not be admitted now, interlocks apart. Changes nothing. */
  refusal(component: ComponentName, verb: Verb): BusbarError | undefined {
    try {
      this.#requireControl(component);
      admit(this.#claim({ id: "", component, verb }), this.#open, this.#options.queueLimit);
      return undefined;
    } catch (error) {
      return asBusbarError(error);
    }
  }

  /** The operation in progress on a component, if any. */
  activeOn(component: ComponentName): Operation | undefined {
    return this.#open.find((live) => live.running && live.footprint.has(component))?.operation;
  }

  /** Goes on with what a crash left open, once the lines are there. No toggle that had begun is made again. */
  recover(): void {
    const { journal, clock } = this.#options;
    for (const operation of journal.operations.values()) {
      this.#rememberPress(operation);
      if (isFinal(operation.state)) continue;
      const isSameBoot = operation.deadline.boot === clock.bootId;
      const timeMs = isSameBoot ? Math.max(0, operation.deadline.at - clock.boottime()) : operation.timeoutMs;
      // What had started held its domains alone; what had not waits for them as it did.
      const running = operation.plan !== undefined;
      const live: Live = { ...this.#claim(operation), operation, abort: new AbortController(), running };
      this.#open.push(live);
      this.#limit(live, timeMs);
      if (!running) continue;
      this.onStart([...live.footprint], live.id);
      this.#track(this.#whenAvailable(live).then(() => this.#carryOut(live)));
    }
    this.#schedule();
  }

  /** Lets pulses run to their end and leaves the rest to the next start. Resolves when nothing acts any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const reason = new BusbarError("ABORTED", "powermgr is stopping", { reason: stopping });
    for (const live of this.#open) live.abort.abort(reason);
    await Promise.allSettled(this.#ended);
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

  #requireControl(component: ComponentName): void {
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
  }

  #check(request: PowerRequest): void {
    const { component, verb } = request;
    this.#requireControl(component);
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
    this.#limit(live, live.operation.timeoutMs);
    this.#schedule();
  }

  /** An operation of the last moments may have pressed a button whose effect is still to come. */
  #rememberPress({ steps, outcomes, deadline }: Operation): void {
    const { clock, view } = this.#options;
    if (deadline.boot !== clock.bootId) return;
    for (const step of steps) {
      const { component, boottime = 0, outcome } = step;
      if (endsPendingOn(step)) this.#pendingOn.delete(component);
      const hasCome = outcomes.some((known) => known.component === component && known.power === "on");
      if (step.kind !== "press" || step.toward !== "on" || outcome === "no-op" || hasCome) continue;
      const left = boottime + view.domain(component).timing.powerGood - clock.boottime();
      if (left <= 0) continue;
      this.#pendingOn.set(component, { until: milliseconds(clock.monotonic() + left), isSure: outcome === "done" });
    }
  }

  /** Lines are taken again after a start; until then nothing can be told or done. */
  async #whenAvailable({ footprint: components, abort }: Live): Promise<void> {
    for (const component of components) {
      const control = this.#options.controls.get(component);
      while (control?.unavailable() !== undefined && !abort.signal.aborted) {
        await new Promise<void>((resolve) => {
          const finish = () => {
            unsubscribe();
            abort.signal.removeEventListener("abort", finish);
            resolve();
          };
          const unsubscribe = control.onAvailability(finish);
          abort.signal.addEventListener("abort", finish, { once: true });
        });
      }
    }
  }

  #limit(live: Live, timeMs: number): void {
    const end = () => {
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
      if (!live.running && !this.#stopping) this.#run(live);
    };
    if (timeMs <= 0) {
      end();
      return;
    }
    const deadline = setTimeout(end, timeMs);
    live.abort.signal.addEventListener("abort", () => clearTimeout(deadline), { once: true });
  }

  #schedule(): void {
    if (this.#stopping) return;
    const current = this.#open.map((live) => (live.running ? live : { ...live, ...this.#claim(live.operation) }));
    const ready = new Map(startable(current).map((claim) => [claim.id, claim]));
    for (const live of [...this.#open]) {
      const claim = ready.get(live.id);
      if (claim) this.#run(Object.assign(live, { footprint: claim.footprint }));
    }
  }

  #run(live: Live): void {
    live.running = true;
    if (!live.abort.signal.aborted) this.onStart([...live.footprint], live.id);
    this.#track(this.#carryOut(live));
  }

  async #carryOut(live: Live): Promise<void> {
    const { controls, view, journal, clock, log } = this.#options;
    const { operation, abort } = live;
    const execution = new Execution(
      {
        controls,
        view,
        journal,
        clock,
        log,
        gate: this.#gate,
        pendingOn: this.#pendingOn,
        onOutcome: (ended, outcome) => this.onOutcome(ended, outcome),
      },
      operation,
      abort.signal,
      operation.deadline.boot === clock.bootId,
    );
    try {
      await execution.run();
    } finally {
      this.#close(live);
    }
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
}
