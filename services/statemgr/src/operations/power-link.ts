import type { Bus, RequestHeaders } from "@busbar/bus";
import {
  type Action,
  actionEndpoint,
  asBusbarError,
  BusbarError,
  busbar,
  type ComponentName,
  encodeActionRequest,
  endpoints,
  errorCodeOf,
  isComponentName,
  kindOf,
  type Milliseconds,
  milliseconds,
  subjects,
} from "@busbar/contracts";
import type { Power } from "../machine/power-machine.ts";
import type { OperationRow } from "../store/tables.ts";
import type { ComponentResult } from "./ledger.ts";

/** What powermgr knows of an operation. */
export interface OperationView {
  readonly ended: boolean;
  /** The id was refused before it ever arrived. */
  readonly tombstone: boolean;
  readonly outcomes: ReadonlyMap<ComponentName, ComponentResult>;
}

export type Submission =
  | { readonly kind: "admitted" }
  | { readonly kind: "refused"; readonly error: BusbarError }
  /** It may or may not have arrived: ask before sending it again. */
  | { readonly kind: "lost"; readonly error: BusbarError };

/** What a request says that statemgr passes on and doesn't decide about. */
export type Companions = Pick<RequestHeaders, "override">;

const States = busbar.v1.OperationState;
const openStates: ReadonlySet<busbar.v1.OperationState> = new Set([
  States.OPERATION_STATE_QUEUED,
  States.OPERATION_STATE_RUNNING,
  States.OPERATION_STATE_VERIFYING,
]);

/** The largest Busbar-Timeout-Ms; powermgr has its own limit for each operation anyway. */
const longestTimeout = 3_600_000;

/** A question to which the answer is at hand; whoever asks is waiting at a terminal. */
const explainTimeoutMs = 2_000;

/** statemgr's side of the door to powermgr. Decides nothing. */
export class PowerLink {
  #bus: Bus;
  #timeout: Milliseconds;

  constructor(bus: Bus, integrationTimeout: Milliseconds) {
    this.#bus = bus;
    this.#timeout = integrationTimeout;
  }

  async submit(operation: OperationRow, companions: Companions, signal: AbortSignal): Promise<Submission> {
    try {
      await this.#bus.request(
        actionEndpoint("powermgr", operation.component),
        encodeActionRequest(operation.component, operation.action),
        {
          subject: subjects.action("powermgr", operation.component),
          timeout: this.#timeout,
          headers: {
            operationId: operation.id,
            ...(operation.actor !== "" && { actor: operation.actor }),
            ...(operation.request_id !== null && { requestId: operation.request_id }),
            ...companions,
            timeout: milliseconds(Math.min(operation.timeout_ms, longestTimeout)),
            ...(operation.traceparent !== null && { traceparent: operation.traceparent }),
          },
          signal,
        },
      );
      return { kind: "admitted" };
    } catch (thrown) {
      const error = asBusbarError(thrown);
      return { kind: mayHaveArrived(error) ? "lost" : "refused", error };
    }
  }

  /** Undefined when powermgr has never seen the id. @throws BusbarError when powermgr can't be asked */
  async operation(id: string, tombstoneIfUnknown: boolean, signal: AbortSignal): Promise<OperationView | undefined> {
    try {
      const { message } = await this.#bus.request(
        endpoints.operationsGet,
        { id, tombstoneIfUnknown },
        { timeout: this.#timeout, signal },
      );
      return viewOf(message);
    } catch (error) {
      if (asBusbarError(error).code === "NOT_FOUND") return undefined;
      throw error;
    }
  }

  /** @throws BusbarError: powermgr's, or that it can't be asked */
  async explain(component: ComponentName, action: Action, signal: AbortSignal): Promise<busbar.v1.ExplainResponse> {
    const endpoint = endpoints.powermgrExplain.find(({ name }) => name === `${kindOf(component)}-explain`);
    if (endpoint === undefined) throw new BusbarError("INTERNAL", `no endpoint to explain ${component}`, { component });
    const { message } = await this.#bus.request(
      endpoint,
      { action },
      {
        subject: subjects.component("powermgr", component, "explain"),
        timeout: milliseconds(Math.min(this.#timeout, explainTimeoutMs)),
        signal,
      },
    );
    return message;
  }

  /** @throws BusbarError when powermgr can't be asked */
  async observe(signal: AbortSignal): Promise<ReadonlyMap<ComponentName, Power>> {
    const { message } = await this.#bus.request(endpoints.systemStatus, {}, { timeout: this.#timeout, signal });
    const powers = new Map<ComponentName, Power>();
    for (const { component, power } of message.domains) {
      if (component && isComponentName(component)) powers.set(component, powerOf(power));
    }
    return powers;
  }
}

/** Our own cancellation counts as lost too: the request was on its way. */
const mayHaveArrived = (error: BusbarError) =>
  error.code === "DEADLINE_EXCEEDED" || (error.code === "ABORTED" && error.reason === undefined);

function viewOf(message: busbar.v1.Operation): OperationView {
  const outcomes = new Map<ComponentName, ComponentResult>();
  for (const { component, success, power, errorCode, message: text } of message.outcomes) {
    if (!component || !isComponentName(component)) continue;
    const code = errorCodeOf(errorCode ?? 0);
    outcomes.set(component, {
      success: success ?? false,
      power: powerWord(power ?? ""),
      ...(code && { errorCode: code }),
      ...(text && { message: text }),
    });
  }
  return {
    ended: !openStates.has(message.state),
    tombstone: message.state === States.OPERATION_STATE_TOMBSTONE,
    outcomes,
  };
}

export function powerOf(power: busbar.v1.Power | null | undefined): Power {
  if (power === busbar.v1.Power.POWER_ON) return "on";
  return power === busbar.v1.Power.POWER_OFF ? "off" : "unknown";
}

export const powerWord = (word: string): Power => (word === "on" || word === "off" ? word : "unknown");
