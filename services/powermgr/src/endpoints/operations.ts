import { type Served, served } from "@busbar/bus";
import { BusbarError, busbar, type ComponentName, endpoints, isComponentName } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { PowerEngine } from "../operations/engine.ts";
import { isFinal, type Operation } from "../operations/operation.ts";
import type { Journal } from "../store/journal.ts";
import { operationMessage, operationStates } from "./messages.ts";

export interface OperationEndpointOptions {
  readonly engine: Pick<PowerEngine, "abort">;
  readonly journal: Pick<Journal, "operations" | "tombstone">;
  readonly clock: Pick<Clock, "now">;
}

const defaultLimit = 100;
const largestLimit = 1000;
const longestReason = 256;

/** `powermgr.operations.*`: what was asked of powermgr, step by step, and how to end it before its time. */
export function operationEndpoints({ engine, journal, clock }: OperationEndpointOptions): Served[] {
  return [
    served(endpoints.operationsGet, async ({ id, tombstoneIfUnknown }) => {
      requireId(id);
      const known = journal.operations.get(id);
      if (known) return { message: operationMessage(known) };
      if (!tombstoneIfUnknown) throw notFound(id);
      const tombstone = emptyOperation(id, clock.now());
      await journal.tombstone(tombstone, clock.now());
      return { message: operationMessage(tombstone) };
    }),
    served(endpoints.operationsList, async (filter) => {
      if (filter.limit > largestLimit) {
        throw new BusbarError("INVALID_ARGUMENT", `limit ${filter.limit} is too large`, {
          remedy: `ask for at most ${largestLimit}`,
        });
      }
      const operations = matching([...journal.operations.values()], filter)
        .toReversed()
        .slice(0, filter.limit || defaultLimit);
      return { message: { operations: operations.map(operationMessage) } };
    }),
    served(endpoints.operationsAbort, async ({ id, reason }, { actor }) => {
      requireId(id);
      if (reason.length > longestReason || /\p{C}/u.test(reason)) {
        throw new BusbarError("INVALID_ARGUMENT", `a reason has at most ${longestReason} printable characters`, {
          operationId: id,
          remedy: "shorten it",
        });
      }
      const operation = engine.abort(id, { actor: actor ?? "", reason });
      return {
        message: operationMessage(operation),
        outcome: isFinal(operation.state) ? "no-op" : "accepted",
        operationId: id,
      };
    }),
  ];
}

interface OperationFilter {
  readonly active: boolean;
  readonly component: string;
  readonly state: busbar.v1.OperationState;
  readonly before: string;
}

/** @param operations in the order of their admission */
function matching(
  operations: readonly Operation[],
  { active, component, state, before }: OperationFilter,
): readonly Operation[] {
  if (component !== "" && !isComponentName(component)) {
    throw new BusbarError("INVALID_ARGUMENT", `${component.slice(0, 64)} names no component`, {
      remedy: "write it as host.0, chassis.0 or bmc.0",
    });
  }
  const isAnyState = state === busbar.v1.OperationState.OPERATION_STATE_UNSPECIFIED;
  if (!isAnyState && busbar.v1.OperationState[state] === undefined) {
    throw new BusbarError("INVALID_ARGUMENT", `there is no operation state ${state}`, {
      remedy: "leave it out to list all states",
    });
  }
  const end = before === "" ? operations.length : operations.findIndex(({ id }) => id === before);
  if (end < 0) throw notFound(before);
  return operations
    .slice(0, end)
    .filter((operation) => !active || !isFinal(operation.state))
    .filter((operation) => component === "" || operation.component === component)
    .filter((operation) => isAnyState || operationStates[operation.state] === state);
}

function requireId(id: string): void {
  if (id !== "" && id.length <= 128) return;
  throw new BusbarError("INVALID_ARGUMENT", "an operation id has 1 to 128 characters", {
    remedy: "send the id that came with the answer",
  });
}

const notFound = (id: string) =>
  new BusbarError("NOT_FOUND", `no operation ${id.slice(0, 128)}`, {
    operationId: id.slice(0, 128),
    remedy: "list them: powermgr.operations.list",
  });

const emptyOperation = (id: string, now: number): Operation => ({
  id,
  component: "" as ComponentName,
  verb: "off",
  action: "",
  actor: "",
  source: "statemgr",
  timeoutMs: 0,
  queuedAt: now,
  state: "tombstone",
  deadline: { boot: "", at: 0 },
  steps: [],
  outcomes: [],
});
