import { setTimeout as sleep } from "node:timers/promises";
import type { Bus } from "@busbar/bus";
import { BusbarError, type Milliseconds, milliseconds } from "@busbar/contracts";
import { Interrupted } from "../interrupted.ts";
import { span } from "../output/time.ts";
import { type OperationShape, operationShape } from "../shapes/operation.ts";
import { getOperation } from "../system/ask.ts";
import { deadline } from "../system/deadline.ts";

/** Nobody tells of an operation that statemgr did not issue: it is looked up this often. */
const lookEvery = milliseconds(200);
/** A powermgr that is busy or starts again answers the next time. */
const answerPatience = milliseconds(1_000);

const openStates = new Set(["queued", "running", "verifying"]);

/**
 * The records of operations, once all have ended.
 * @throws BusbarError DEADLINE_EXCEEDED when that takes longer than `waitFor`
 * @throws Interrupted on Ctrl-C; the operations go on either way
 */
export async function operationsEnd(
  bus: Bus,
  ids: readonly string[],
  waitFor: Milliseconds,
  interrupted: AbortSignal,
): Promise<readonly OperationShape[]> {
  const patience = deadline(waitFor, interrupted);
  const [first = ""] = ids;
  const remedy = `see busbar operations get ${first}`;
  try {
    return await Promise.all(ids.map((id) => operationEnd(bus, id, patience.signal)));
  } catch (error) {
    if (interrupted.aborted) throw new Interrupted(`interrupted; ${ids.join(", ")} may go on`, { remedy });
    if (!patience.signal.aborted) throw error;
    throw new BusbarError("DEADLINE_EXCEEDED", `not ended after ${span(waitFor)}: ${ids.join(", ")}`, {
      operationId: first,
      reason: "wait-timeout",
      remedy: `${remedy}, or --wait with a longer --timeout`,
    });
  } finally {
    patience.release();
  }
}

async function operationEnd(bus: Bus, id: string, signal: AbortSignal): Promise<OperationShape> {
  for (;;) {
    try {
      const operation = operationShape(await getOperation(bus, id, signal, answerPatience));
      if (!openStates.has(operation.state)) return operation;
    } catch {
      signal.throwIfAborted(); // else no answer, or not recorded yet: an emergency acts first
    }
    await sleep(lookEvery, undefined, { signal });
  }
}
