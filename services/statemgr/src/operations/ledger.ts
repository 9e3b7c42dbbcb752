import { randomUUID } from "node:crypto";
import {
  type Action,
  actionFor,
  BusbarError,
  type ComponentName,
  encodeError,
  kindOf,
  type Milliseconds,
  type Outcome,
  type Status,
  statusRoles,
  type Verb,
} from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { DomainGraph } from "@busbar/platform";
import { type MachineEvent, type Power, step } from "../machine/power-machine.ts";
import type { ChangeReason, ComponentRow, OperationRow, OperationState, Tables } from "../store/tables.ts";
import type { ChangeLog } from "./change-log.ts";

export interface ActionRequest {
  readonly component: ComponentName;
  readonly action: Action;
  readonly verb: Verb;
  readonly actor: string;
  readonly requestId: string | undefined;
  readonly traceparent?: string | undefined;
  /** From admission to the verified end. */
  readonly timeout: Milliseconds;
}

/** What became of a request, before powermgr is asked. */
export interface Taken {
  readonly outcome: Outcome;
  readonly status: Status;
  /** The operation that this request began; undefined for a no-op. */
  readonly operationId: string | undefined;
  /** True when the operation is new, and powermgr must be asked. */
  readonly isNew: boolean;
}

export interface ComponentResult {
  readonly success: boolean;
  readonly power: Power;
  readonly errorCode?: NonNullable<OperationRow["error_code"]>;
  readonly message?: string;
}

/** Who changed power without statemgr. */
export interface Originator {
  /** An operation of powermgr's own: an emergency, or an off that could not wait for statemgr. */
  readonly operationId?: string;
  /** A button of the front panel: power-button, reset-button. */
  readonly button?: string;
}

/** Who or what a state change is owed to. */
interface Cause {
  readonly reason: ChangeReason;
  readonly action: Action | null;
  readonly operation: OperationRow | undefined;
  readonly error?: { readonly code: OperationRow["error_code"]; readonly message: string | null } | undefined;
}

/** powermgr has this long beyond an operation's own time to tell how it ended. */
const graceMs = 10_000;

/**
 * Every step of every component: the machine's new state, the change, its event and what the operation came to are
 * written together. All methods run inside one transaction of the commit queue; none does anything else.
 */
export class Ledger {
  #tables: Tables;
  #changes: ChangeLog;
  #graph: DomainGraph;
  #clock: Clock;

  constructor(tables: Tables, changes: ChangeLog, graph: DomainGraph, clock: Clock) {
    this.#tables = tables;
    this.#changes = changes;
    this.#graph = graph;
    this.#clock = clock;
  }

  /**
   * Takes or refuses a request. What it carries along (a chassis for its host, the hosts of a chassis) goes into the same
   * operation, in the same transaction.
   * @throws BusbarError UNAVAILABLE before the component was observed, CONFLICT, FAILED_PRECONDITION
   */
  request(request: ActionRequest): Taken {
    const row = this.#row(request.component);
    const status = statusOf(row);
    switch (this.#decide(row, request.verb)) {
      case "no-op":
        return { outcome: "no-op", status, operationId: undefined, isNew: false };
      case "join":
        return { outcome: "accepted", status, operationId: row.operation_id ?? undefined, isNew: false };
      case "accept":
        return this.#begin(request);
    }
  }

  /**
   * What `request` would decide now. Changes nothing.
   * @throws BusbarError: as `request` does
   */
  foresee(request: Pick<ActionRequest, "component" | "verb">): "no-op" | "join" | "accept" {
    const { component, verb } = request;
    const decided = this.#decide(this.#row(component), verb);
    if (decided === "accept") for (const name of this.#carriedAlong(request)) this.#mayInvolve(name, component, verb);
    return decided;
  }

  #decide(row: ComponentRow, verb: Verb): "no-op" | "join" | "accept" {
    const { decision } = step(stateOf(row), { type: "REQUEST", verb });
    if (decision === undefined) {
      throw new BusbarError("INTERNAL", `${row.name} in ${row.role} has no answer to ${verb}`);
    }
    if (decision.kind !== "refuse") return decision.kind;
    throw new BusbarError(decision.code, `${row.name}: ${decision.message}`, {
      component: row.name,
      ...(row.operation_id && { operationId: row.operation_id }),
      reason: decision.code === "CONFLICT" ? "operation-in-progress" : "state",
      remedy: decision.remedy,
    });
  }

  /**
   * powermgr did not admit the operation: all its components are as they were.
   * @returns false when it was superseded meanwhile. Then that is its end, and its request keeps the answer it has.
   */
  refused(operationId: string, error: BusbarError): boolean {
    const operation = this.#tables.operation(operationId);
    this.#putBack(operationId, error);
    if (operation?.state !== "open") return false;
    this.#end(operation, "refused", error);
    // The same id may be tried again where that can help; otherwise it keeps its answer.
    if (error.mapping.retry === "no") this.#tables.refuseRequest(Buffer.from(encodeError(error)), operationId);
    else this.#tables.forgetRequest(operationId);
    return true;
  }

  /** powermgr never saw the operation and never will: all its components are as they were. */
  neverBegan(operationId: string, error: BusbarError): void {
    this.#putBack(operationId, error);
    const operation = this.#tables.operation(operationId);
    if (operation) this.#end(operation, "failed", error);
  }

  /** One component's outcome. An operation that no longer owns the component has nothing to say about it. */
  result(component: ComponentName, operationId: string, result: ComponentResult): boolean {
    const row = this.#tables.component(component);
    const operation = this.#tables.operation(operationId);
    if (!operation || row?.operation_id !== operationId) return false;
    const error = result.success
      ? undefined
      : { code: result.errorCode ?? "POWER_OPERATION_FAILED", message: result.message ?? null };
    const reason = result.success ? "COMPLETED" : error?.code === "OUTCOME_UNKNOWN" ? "OUTCOME_UNKNOWN" : "FAILED";
    const event: MachineEvent = {
      type: "RESULT",
      success: result.success,
      power: result.power,
      ...(error && { errorCode: error.code }),
    };
    this.#apply({ ...row, observed: result.power }, event, { reason, action: row.action, operation, error });
    if (component === operation.component) this.#end(operation, endState(result), error);
    return true;
  }

  /** Its outcome can't be learned any more: what is still open of it has failed. */
  giveUp(operationId: string, error: BusbarError): void {
    const operation = this.#tables.operation(operationId);
    for (const row of this.#tables.componentsOf(operationId)) {
      this.#apply(row, { type: "GIVEN_UP" }, { reason: "OUTCOME_UNKNOWN", action: row.action, operation, error });
    }
    if (operation) this.#end(operation, "unknown", error);
  }

  /**
   * Power-good as powermgr sees it. The first observation of a component makes its row.
   * @param by what brought it about, as far as powermgr knows
   */
  observed(component: ComponentName, power: Power, by: Originator = {}): void {
    const row = this.#tables.component(component);
    if (!row) {
      this.#first(component, power);
      return;
    }
    if (row.role === "transitioning") {
      this.#tables.setObserved(power, component);
      return;
    }
    const error = { code: null, message: this.#unrequested(component, power, by) };
    this.#apply(
      { ...row, observed: power },
      { type: "OBSERVED", power },
      { reason: "EXTERNAL", action: null, operation: undefined, error },
    );
  }

  /** As much as can be told of a change that nobody asked us for. */
  #unrequested(component: ComponentName, power: Power, { operationId = "", button = "" }: Originator): string {
    if (power === "unknown") return "power-good can't be read";
    const went = power === "on" ? "came on" : "went off";
    if (button !== "") return `${went} by the ${button} of the front panel`;
    if (operationId !== "" && this.#tables.operation(operationId) === undefined)
      return `${went} by powermgr's operation ${operationId}, which statemgr had no part in`;
    if (power === "on") return "came on without a request";
    const feeders = this.#graph.closure([component], "dependencies").filter((name) => name !== component);
    const lost = feeders.find((name) => this.#tables.component(name)?.observed === "off");
    return lost === undefined ? "went off without a request" : `lost power with ${lost}`;
  }

  #begin(request: ActionRequest): Taken {
    const now = this.#clock.now();
    const operation: OperationRow = {
      id: randomUUID(),
      component: request.component,
      action: request.action,
      verb: request.verb,
      actor: request.actor,
      request_id: request.requestId ?? null,
      state: "open",
      error_code: null,
      message: null,
      accepted_at: now,
      finished_at: null,
      boot_id: this.#clock.bootId,
      deadline: this.#clock.boottime() + request.timeout + graceMs,
      timeout_ms: request.timeout,
      traceparent: request.traceparent ?? null,
    };
    this.#tables.addOperation(operation);
    for (const name of this.#carriedAlong(request))
      this.#involve(name, actionFor(kindOf(name), request.verb), operation);
    this.#involve(request.component, request.action, operation);
    return {
      outcome: "accepted",
      status: statusRoles(kindOf(request.component)).transitioning,
      operationId: operation.id,
      isNew: true,
    };
  }

  #carriedAlong({ component, verb }: Pick<ActionRequest, "component" | "verb">): readonly ComponentName[] {
    if (verb === "reset") return [];
    const along = verb === "on" ? "dependencies" : "dependents";
    const names = this.#graph.closure([component], along).filter((name) => name !== component);
    // A cycle switches nothing on that was off.
    return verb === "cycle" ? names.filter((name) => this.#row(name).role !== "off") : names;
  }

  /**
   * Whether an operation on `component` brings `name` along: not when it is where the operation wants it, or on its way.
   * @throws BusbarError when it can't be had
   */
  #mayInvolve(name: ComponentName, component: ComponentName, verb: Verb): boolean {
    const { decision } = step(stateOf(this.#row(name)), { type: "REQUEST", verb });
    if (decision?.kind === "refuse") {
      throw new BusbarError(decision.code, `${component} needs ${name}, and there ${decision.message}`, {
        component,
        reason: "dependency-busy",
        remedy: decision.remedy,
        details: { dependency: name },
      });
    }
    return decision?.kind === "accept";
  }

  #involve(component: ComponentName, action: Action | undefined, operation: OperationRow): void {
    if (!this.#mayInvolve(component, operation.component, operation.verb)) return;
    const row = this.#row(component);
    const event: MachineEvent = { type: "REQUEST", verb: operation.verb };
    const taken = row.operation_id === null ? undefined : this.#tables.operation(row.operation_id);
    if (taken && taken.component === component)
      this.#end(taken, "aborted", { code: "ABORTED", message: `superseded by ${operation.id}` });
    this.#apply({ ...row, action: action ?? null, operation_id: operation.id }, event, {
      reason: "REQUESTED",
      action: action ?? null,
      operation,
    });
  }

  #putBack(operationId: string, error: BusbarError): void {
    const operation = this.#tables.operation(operationId);
    for (const row of this.#tables.componentsOf(operationId)) {
      this.#apply(row, { type: "REFUSED" }, { reason: "REFUSED", action: row.action, operation, error });
    }
  }

  #row(component: ComponentName): ComponentRow {
    const row = this.#tables.component(component);
    if (row) return row;
    throw new BusbarError("UNAVAILABLE", `${component} has not been observed yet`, {
      component,
      reason: "not-observed",
      remedy: "check that powermgr runs and sees its power-good (powermgr.health.check)",
    });
  }

  #first(component: ComponentName, power: Power): void {
    const role = power;
    const roles = statusRoles(kindOf(component));
    const row: ComponentRow = {
      name: component,
      role,
      verb: null,
      previous: role,
      intended: power,
      observed: power,
      action: null,
      operation_id: null,
      changed_at: this.#clock.now(),
      revision: 0,
    };
    const revision = this.#changes.add({
      component,
      previous: roles.unknown,
      current: roles[role],
      cause: null,
      reason: "RECOVERED",
      operation: undefined,
      error: undefined,
      changedAt: row.changed_at,
      previousDurationMs: 0,
    });
    this.#tables.putComponent({ ...row, revision });
  }

  #apply(row: ComponentRow, event: MachineEvent, cause: Cause): void {
    const before = this.#tables.component(row.name) ?? row;
    const { state } = step(stateOf(row), event);
    const moved: ComponentRow = {
      ...row,
      role: state.role,
      verb: state.verb ?? null,
      previous: state.previous,
      intended: event.type === "OBSERVED" ? intendedAfter(state.role, row.intended) : state.intended,
      action: state.role === "transitioning" ? row.action : null,
      operation_id: state.role === "transitioning" ? row.operation_id : null,
    };
    if (moved.role === before.role && moved.operation_id === before.operation_id) {
      if (moved.observed !== before.observed) this.#tables.setObserved(moved.observed, row.name);
      return;
    }
    const now = this.#clock.now();
    const revision = this.#changes.add({
      component: row.name,
      previous: statusOf(before),
      current: statusOf(moved),
      cause: cause.action,
      reason: cause.reason,
      operation: cause.operation,
      error: cause.error,
      changedAt: now,
      previousDurationMs: Math.max(0, now - before.changed_at),
    });
    this.#tables.putComponent({ ...moved, changed_at: now, revision });
  }

  #end(
    operation: OperationRow,
    state: OperationState,
    error?: { readonly code: OperationRow["error_code"]; readonly message: string | null },
  ): void {
    this.#tables.endOperation(state, error?.code ?? null, error?.message ?? null, this.#clock.now(), operation.id);
  }
}

/** What somebody else switched is what is wanted from then on. */
const intendedAfter = (role: ComponentRow["role"], intended: Power): Power =>
  role === "on" || role === "off" ? role : intended;

const stateOf = (row: ComponentRow) => ({
  role: row.role,
  verb: row.verb ?? undefined,
  previous: row.previous,
  intended: row.intended,
});

export const statusOf = (row: ComponentRow): Status => statusRoles(kindOf(row.name))[row.role];

function endState(result: ComponentResult): OperationState {
  if (result.success) return "succeeded";
  if (result.errorCode === "ABORTED") return "aborted";
  return result.errorCode === "OUTCOME_UNKNOWN" ? "unknown" : "failed";
}
