import {
  asBusbarError,
  type BusbarError,
  type ComponentName,
  type Milliseconds,
  milliseconds,
} from "@busbar/contracts";
import { dependencyFailed, errorOf, isMissingPowerGood } from "./failures.ts";
import { type ComponentOutcome, endStateOf, type Operation, type OperationState } from "./operation.ts";
import { afterOf, downward, follows, plan, type StoredPart } from "./plan.ts";
import { encodeResult, resultSubject } from "./result-event.ts";
import { hasRolledBack, mayRun, railsToRollBack, rollbackPart, wasRolledBack } from "./rollback.ts";
import { type StepOptions, StepRunner } from "./step-runner.ts";

export interface ExecutionOptions extends StepOptions {
  /** Rails that are being rolled back: nothing is switched on that needs them. */
  readonly falling: Set<ComponentName>;
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
  #steps: StepRunner;
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
    this.#steps = new StepRunner(options, operation, signal, mayAct);
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
      if (this.#steps.outstanding(name, control) !== undefined) return true;
      if ((await control.sense.readStable()) !== "off") return true;
    }
    return false;
  }

  async #attempt(part: StoredPart, index: number): Promise<BusbarError | undefined> {
    try {
      for (const [number, step] of part.steps.entries()) await this.#steps.run(part, step, index, number);
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
