import { asBusbarError, BusbarError, type ComponentName } from "@busbar/contracts";
import type { Clock, Log } from "@busbar/daemon";
import type { CommitQueue } from "../store/commit-queue.ts";
import type { OperationRow, Tables } from "../store/tables.ts";
import type { Ledger } from "./ledger.ts";
import type { Companions, OperationView, PowerLink, Submission } from "./power-link.ts";

export interface PursuitOptions {
  readonly ledger: Ledger;
  readonly tables: Tables;
  readonly commits: CommitQueue;
  readonly link: PowerLink;
  readonly clock: Clock;
  readonly log: Log;
  /** Between two questions about an operation whose end is overdue or whose answer was lost. */
  readonly askEveryMs: number;
  /** An outcome was learned late, or never: how things stand now may be another matter. */
  readonly onLateEnd: () => void;
}

/**
 * Follows every open operation to its one outcome. Results come as events; when one may have been missed (lost answer,
 * reconnect, start, deadline) powermgr is asked, never guessed about (DESIGN §5).
 */
export class Pursuit {
  #options: PursuitOptions;
  #stop = new AbortController();
  #running = new Map<string, { wake: () => void; done: Promise<void> }>();
  #beginning = new Map<string, Promise<Submission>>();
  /** Not stored: after a restart an operation is sent again without its override, so that it is refused, not forced. */
  #companions = new Map<string, Companions>();

  constructor(options: PursuitOptions) {
    this.#options = options;
  }

  /** Hands a new operation to powermgr. A refusal is recorded before it is returned. */
  begin(operation: OperationRow, companions: Companions): Promise<Submission> {
    this.#companions.set(operation.id, companions);
    const submission = this.#begin(operation).finally(() => this.#beginning.delete(operation.id));
    this.#beginning.set(operation.id, submission);
    return submission;
  }

  /** What powermgr says to an operation that is being handed over; undefined when it has said so. */
  beginning(id: string): Promise<Submission> | undefined {
    return this.#beginning.get(id);
  }

  /** Asks about everything that is open: at start, and when events may have been missed. */
  resume(): void {
    for (const id of this.#openIds()) {
      const running = this.#running.get(id);
      if (running) running.wake();
      else this.#follow(id, true);
    }
  }

  /** A result was recorded. Once the operation has ended there is nothing to wait for, or only what it left open. */
  recorded(operationId: string): void {
    if (this.#options.tables.operation(operationId)?.state !== "open") this.#running.get(operationId)?.wake();
  }

  /**
   * powermgr told of a component that an operation is at work on. While it is, powermgr tells of it by the result alone:
   * so it was restarted, and may have forgotten what it had admitted and not begun.
   */
  toldOf(component: ComponentName): void {
    const operationId = this.#options.tables.component(component)?.operation_id;
    if (operationId) this.#running.get(operationId)?.wake();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new BusbarError("ABORTED", "statemgr is stopping", { reason: "stopping" }));
    await Promise.allSettled([...this.#running.values()].map(({ done }) => done));
  }

  async #begin(operation: OperationRow): Promise<Submission> {
    const { commits, ledger } = this.#options;
    const submission = await this.#submit(operation);
    if (submission.kind !== "refused") {
      this.#follow(operation.id, submission.kind === "lost");
      return submission;
    }
    this.#companions.delete(operation.id);
    const isRefused = await commits.commit(() => ledger.refused(operation.id, submission.error));
    // Superseded before it got that far: it was accepted, and its end is recorded.
    return isRefused ? submission : { kind: "admitted" };
  }

  #submit(operation: OperationRow): Promise<Submission> {
    return this.#options.link.submit(operation, this.#companions.get(operation.id) ?? {}, this.#stop.signal);
  }

  #openIds(): ReadonlySet<string> {
    const { tables } = this.#options;
    const held = tables.components().map((row) => row.operation_id);
    return new Set([...held, ...tables.openOperations().map((row) => row.id)].filter((id) => id !== null));
  }

  #isOpen(id: string): boolean {
    const { tables } = this.#options;
    return tables.operation(id)?.state === "open" || tables.componentsOf(id).length > 0;
  }

  #follow(id: string, askNow: boolean): void {
    let wake = () => {};
    const done = this.#pursue(id, askNow, (set) => {
      wake = set;
    })
      .catch((error) => {
        if (!this.#stop.signal.aborted)
          this.#options.log.error({ err: error, operation: id }, "an operation is no longer followed");
      })
      .finally(() => {
        this.#running.delete(id);
        this.#companions.delete(id);
      });
    this.#running.set(id, { wake: () => wake(), done });
  }

  async #pursue(id: string, askNow: boolean, onWake: (wake: () => void) => void): Promise<void> {
    let ask = askNow;
    while (!this.#stop.signal.aborted && this.#isOpen(id)) {
      const isUnderWay = ask ? await this.#ask(id) : true;
      if (!this.#isOpen(id)) return;
      const overdue = this.#untilDeadline(id);
      ask = await this.#wait(isUnderWay && overdue > 0 ? overdue : this.#options.askEveryMs, onWake);
    }
  }

  /** Resolves true when it is time to ask. */
  #wait(ms: number, onWake: (wake: () => void) => void): Promise<boolean> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const finish = (ask: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", stopped);
        resolve(ask);
      };
      const stopped = () => finish(false);
      const timer = setTimeout(() => finish(true), Math.min(ms, 2 ** 31 - 1));
      onWake(() => finish(true));
      signal.addEventListener("abort", stopped, { once: true });
    });
  }

  #untilDeadline(id: string): number {
    const operation = this.#options.tables.operation(id);
    if (!operation || operation.boot_id !== this.#options.clock.bootId) return 0;
    return Math.max(0, operation.deadline - this.#options.clock.boottime());
  }

  /** Resolves true when powermgr is at work on it, so that its result can be waited for. */
  async #ask(id: string): Promise<boolean> {
    const { tables, link, ledger, log } = this.#options;
    const operation = tables.operation(id);
    const isOverdue = this.#untilDeadline(id) === 0;
    // One that was superseded is not sent again: if it never arrived, it never may.
    const isOver = isOverdue || operation?.state !== "open";
    let view: OperationView | undefined;
    try {
      view = await link.operation(id, isOver, this.#stop.signal);
    } catch (thrown) {
      if (this.#stop.signal.aborted) return false;
      const error = asBusbarError(thrown);
      log.warn({ err: error, operation: id }, "powermgr can't be asked about an operation");
      if (isOverdue) await this.#endLate(id, () => ledger.giveUp(id, unreachable(error)));
      return false;
    }
    if (view === undefined) return operation?.state === "open" && this.#sendAgain(operation);
    if (view.tombstone) await this.#endLate(id, () => ledger.neverBegan(id, neverArrived(id)));
    else await this.#endLate(id, () => this.#conclude(id, view));
    return !view.ended;
  }

  /** What is recorded here was so some time ago: once that is done, powermgr is asked how things stand. */
  async #endLate(id: string, record: () => void): Promise<void> {
    await this.#options.commits.commit(record);
    if (!this.#isOpen(id)) this.#options.onLateEnd();
  }

  /** powermgr has never seen it, and there is still time. The id makes sure that it acts at most once. */
  async #sendAgain(operation: OperationRow): Promise<boolean> {
    const { commits, ledger } = this.#options;
    const submission = await this.#submit(operation);
    // Nobody was there. It may have been answered as accepted already, so it is not dropped while there is time.
    const isForNow = submission.kind === "refused" && submission.error.code === "UNAVAILABLE";
    if (submission.kind === "refused" && !isForNow && !this.#stop.signal.aborted) {
      await commits.commit(() => ledger.refused(operation.id, submission.error));
    }
    return submission.kind === "admitted";
  }

  #conclude(id: string, { outcomes, ended }: OperationView): void {
    const { tables, ledger } = this.#options;
    for (const [component, result] of outcomes) ledger.result(component, id, result);
    if (!ended) return;
    // What powermgr found as the operation wanted it had no outcome of its own.
    for (const row of tables.componentsOf(id)) ledger.result(row.name, id, { success: true, power: row.observed });
    const operation = tables.operation(id);
    if (operation?.state === "open")
      ledger.giveUp(id, new BusbarError("OUTCOME_UNKNOWN", "powermgr ended it without an outcome"));
  }
}

const unreachable = (cause: BusbarError) =>
  new BusbarError("OUTCOME_UNKNOWN", `powermgr could not be asked before the deadline: ${cause.message}`, {
    reason: "powermgr-unreachable",
    remedy: "look at powermgr; the state follows power-good when it is back",
    cause,
  });

const neverArrived = (id: string) =>
  new BusbarError("DEADLINE_EXCEEDED", `operation ${id} never reached powermgr`, {
    operationId: id,
    reason: "never-arrived",
    remedy: "send the request again",
  });
