import type { Bus } from "@busbar/bus";
import {
  BusbarError,
  type busbar,
  type ComponentName,
  endpoints,
  kindOf,
  milliseconds,
  subjects,
} from "@busbar/contracts";

/** A daemon answers at acceptance, not at the end; what takes longer than this is stuck. */
export const answerTimeout = milliseconds(10_000);

const options = (signal: AbortSignal | undefined) => ({ timeout: answerTimeout, ...(signal && { signal }) });

function missing(component: ComponentName, verb: string): never {
  throw new BusbarError("INTERNAL", `no endpoint to ${verb} ${component}`, { component });
}

export async function getComponent(
  bus: Bus,
  component: ComponentName,
  signal?: AbortSignal,
): Promise<busbar.v1.ComponentState> {
  const endpoint = endpoints.componentGet.find(({ name }) => name === `${kindOf(component)}-get`);
  const subject = subjects.component("statemgr", component, "get");
  return (await bus.request(endpoint ?? missing(component, "get"), {}, { ...options(signal), subject })).message;
}

/** The order of `busbar status`: what feeds the others first. */
const kindOrder = ["chassis", "host", "bmc"];

/** Every component that statemgr knows, each kind in the order of its numbers. */
export async function listComponents(
  bus: Bus,
  signal?: AbortSignal,
): Promise<readonly busbar.v1.ComponentState.$Properties[]> {
  const lists = endpoints.componentLists.toSorted((a, b) => kindOrder.indexOf(a.kind) - kindOrder.indexOf(b.kind));
  const answers = await Promise.all(lists.map((list) => bus.request(list, {}, options(signal))));
  return answers.flatMap(({ message }) => message.components.toSorted((a, b) => numberOf(a) - numberOf(b)));
}

const numberOf = ({ component = "" }: busbar.v1.ComponentState.$Properties): number =>
  Number(component?.slice(component.indexOf(".") + 1));

/** Newest first. */
export async function getHistory(
  bus: Bus,
  component: ComponentName,
  limit: number,
  signal?: AbortSignal,
): Promise<readonly busbar.v1.StateChange.$Properties[]> {
  const endpoint = endpoints.componentHistory.find(({ name }) => name === `${kindOf(component)}-history`);
  const subject = subjects.component("statemgr", component, "history");
  const row = endpoint ?? missing(component, "history");
  return (await bus.request(row, { limit }, { ...options(signal), subject })).message.changes;
}

export async function getOperation(
  bus: Bus,
  id: string,
  signal?: AbortSignal,
  timeout = answerTimeout,
): Promise<busbar.v1.Operation> {
  return (await bus.request(endpoints.operationsGet, { id }, { ...options(signal), timeout })).message;
}
