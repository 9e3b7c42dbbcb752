import type { DomainControl } from "@busbar/backend";
import { asBusbarError, BusbarError, type ComponentName, milliseconds, type Verb } from "@busbar/contracts";
import type { Clock, Log } from "@busbar/daemon";
import type { Policies } from "@busbar/platform";
import type { Interlock } from "../interlocks/interlock.ts";
import type { Journal } from "../store/journal.ts";
import { ActLock } from "./act-lock.ts";
import { admit, type Claim, startable } from "./admission.ts";
import { Execution, stopping } from "./execution.ts";
import { InterlockCheck } from "./interlock-check.ts";
import { type ComponentOutcome, isFinal, isPressOn, type Operation, type PowerRequest } from "./operation.ts";
import { footprint, type PlanView } from "./plan.ts";
import { PulseGate } from "./pulse-gate.ts";
import { Spacing } from "./spacing.ts";
import { endsPendingOn } from "./step-runner.ts";
import type { PendingOn } from "./steps.ts";
import { requireDependencies } from "./validation.ts";

interface Live extends Claim {
  readonly operation: Operation;
  readonly abort: AbortController;
  running: boolean;
}

/** Who ends an operation before its time, and why. */
export interface AbortRequest {
  readonly actor: string;
  readonly reason: string;
}

export interface EngineOptions {
  readonly controls: ReadonlyMap<ComponentName, DomainControl>;
  readonly view: PlanView;
  readonly journal: Journal;
  readonly interlocks: readonly Interlock[];
  /** Asked at each decision: they may change meanwhile. */
  readonly policies: () => Policies;
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
  #lock = new ActLock();
  #starts: Spacing;
  #falling = new Set<ComponentName>();
  #interlocks: InterlockCheck;
  #stopping = false;
  onOutcome: (operation: Operation, outcome: ComponentOutcome) => void = () => {};
  /** Told before an operation acts on these. */
  onStart: (components: readonly ComponentName[], operationId: string) => void = () => {};
  /** Told after its last record. */
  onEnd: (components: readonly ComponentName[], operationId: string) => void = () => {};

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#starts = new Spacing(options.clock, () => options.policies().sequencing.startupDelay);
    this.#interlocks = new InterlockCheck(options);
  }

  /**
   * Admits or refuses; does no I/O. The same id again is answered with the operation it already names.
   * @throws BusbarError NOT_FOUND, CONFLICT, INTERLOCK_DENIED, PERMISSION_DENIED, HARDWARE_UNAVAILABLE,
   *   RESOURCE_EXHAUSTED, ABORTED
   */
  submit(request: PowerRequest): Operation {
    const known = this.#options.journal.operations.get(request.id);
    if (known) return this.#again(known, request);
    if (this.#stopping)
      throw new BusbarError("UNAVAILABLE", "powermgr is stopping", {
        component: request.component,
        remedy: "try again in a moment",
      });
    this.#requireLines(request);
    const claim = this.#claim(request);
    const overrides = this.#interlocks.admit(request, claim.footprint);
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
      ...overrides,
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

  /**
   * Ends an operation before its time; a pulse that has begun runs to its end first. One that has ended stays as it is.
   * @throws BusbarError NOT_FOUND, FAILED_PRECONDITION
   */
  abort(id: string, { actor, reason }: AbortRequest): Operation {
    const operation = this.#options.journal.operations.get(id);
    if (operation === undefined) {
      throw new BusbarError("NOT_FOUND", `no operation ${id}`, {
        operationId: id,
        remedy: "list them: powermgr.operations.list",
      });
    }
    if (isFinal(operation.state)) return operation;
    const { component, verb } = operation;
    if (verb === "emergency-off") {
      throw new BusbarError("FAILED_PRECONDITION", "an emergency off can't be aborted", {
        component,
        operationId: id,
        reason: "emergency-off",
        remedy: "wait for it to end, then clear the emergency: powermgr.system.emergency.clear",
      });
    }
    const why = reason === "" ? "" : `: ${reason}`;
    this.#cutShort(
      id,
      new BusbarError("ABORTED", `aborted by ${actor === "" ? "somebody unnamed" : actor}${why}`, {
        component,
        operationId: id,
        reason: "requested",
      }),
    );
    return operation;
  }

  /** Why an operation would not be admitted now, interlocks apart. Changes nothing. */
  refusal(component: ComponentName, verb: Verb): BusbarError | undefined {
    try {
      this.#requireLines({ component, verb });
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
      const isOpen = this.#open.some(({ id }) => id === operation.id);
      if (isOpen || isFinal(operation.state)) continue;
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

  #requireLines({ component, verb }: Pick<PowerRequest, "component" | "verb">): void {
    const control = this.#options.controls.get(component);
    if (!control) {
      throw new BusbarError("NOT_FOUND", `the platform has no ${component}`, {
        component,
        remedy: "list what it has: powermgr.domains.list",
      });
    }
    // An emergency off cuts what it can, and each component's outcome says how that went.
    const missing = verb === "emergency-off" ? undefined : control.unavailable(verb);
    if (missing !== undefined) {
      throw new BusbarError("HARDWARE_UNAVAILABLE", `${component} can't be controlled: ${missing}`, {
        component,
        reason: "line-missing",
        remedy: "check the platform file and the board; see powermgr.health.check",
      });
    }
  }

  #claim(request: Pick<PowerRequest, "id" | "component" | "verb">): Claim {
    const { id, component, verb } = request;
    return { id, component, verb, footprint: footprint(component, verb, this.#options.view) };
  }

  #supersede(id: string, by: PowerRequest): void {
    this.#cutShort(
      id,
      new BusbarError("ABORTED", `superseded by ${by.verb} of ${by.component}`, {
        component: by.component,
        operationId: id,
        reason: "superseded",
        details: { superseded_by: by.id },
      }),
    );
  }

  #cutShort(id: string, reason: BusbarError): void {
    const live = this.#open.find((candidate) => candidate.id === id);
    if (live === undefined || live.abort.signal.aborted) return;
    live.abort.abort(reason);
    // What waits has touched nothing: it makes way at once. What runs does so at the end of its step.
    if (!live.running && !this.#stopping) this.#run(live);
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
      if (isPressOn(step)) {
        const age = clock.boottime() - boottime - (step.durationMs ?? 0);
        this.#starts.remember(milliseconds(clock.monotonic() - age));
      }
      const hasCome = outcomes.some((known) => known.component === component && known.power === "on");
      if (!isPressOn(step) || hasCome) continue;
      const left = boottime + view.domain(component).timing.powerGood - clock.boottime();
      if (left <= 0) continue;
      this.#pendingOn.set(component, { until: milliseconds(clock.monotonic() + left), isSure: outcome === "done" });
    }
  }

  /** Lines are taken again after a start; until then nothing can be told or done. */
  async #whenAvailable({ footprint: all, component: own, verb, abort }: Live): Promise<void> {
    if (verb === "emergency-off") return; // it cuts what can be cut
    const components = verb === "force-off" ? [own] : all;
    for (const component of components) {
      const control = this.#options.controls.get(component);
      while (control?.unavailable(verb) !== undefined && !abort.signal.aborted) {
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
      this.#cutShort(
        live.id,
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
    const { maxConcurrentOperations } = this.#options.policies().safety;
    const ready = new Map(startable(current, maxConcurrentOperations).map((claim) => [claim.id, claim]));
    for (const live of [...this.#open]) {
      const claim = ready.get(live.id);
      if (claim) this.#run(Object.assign(live, { footprint: claim.footprint }));
    }
  }

  #run(live: Live): void {
    live.running = true;
    if (!live.abort.signal.aborted) {
      live.operation.state = "running";
      live.operation.startedAt ??= this.#options.clock.now();
      this.onStart([...live.footprint], live.id);
    }
    this.#track(this.#carryOut(live));
  }

  async #carryOut(live: Live): Promise<void> {
    const { controls, view, journal, clock, log, policies } = this.#options;
    const { operation, abort } = live;
    const execution = new Execution(
      {
        controls,
        view,
        journal,
        clock,
        log,
        policies,
        gate: this.#gate,
        lock: this.#lock,
        starts: this.#starts,
        pendingOn: this.#pendingOn,
        falling: this.#falling,
        validate: (validated, component, verb) => this.#validate(validated, component, verb),
        isClaimed: (component) => this.#open.some((other) => other !== live && other.footprint.has(component)),
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

  /** Right before something is switched on or reset: what held at admission may not hold any more. */
  async #validate(operation: Operation, component: ComponentName, verb: Verb): Promise<void> {
    const { view, controls, policies } = this.#options;
    this.#interlocks.recheck(operation, component, verb);
    if (verb === "reset") return;
    if (policies().safety.powerGoodRequired) await requireDependencies(component, view, controls);
    const falling = view.graph.closure([component], "dependencies").find((name) => this.#falling.has(name));
    if (falling === undefined) return;
    throw new BusbarError("DEPENDENCY_FAILED", `${component} was left alone: ${falling} is being switched off again`, {
      component,
      reason: "dependency-falling",
      remedy: "try again in a moment",
    });
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
