import { busbar, subjects } from "@busbar/contracts";
import { isFinal } from "../operations/operation.ts";
import type { Journal } from "../store/journal.ts";
import { operationMessage } from "./messages.ts";

/**
 * Tells of an operation's start and end (`powermgr.event.<component>.operation`): thermalmgr prepares for heat to come, and
 * whoever keeps records has all of it. An operation that goes on after a restart is told again.
 */
export function tellOperation(
  journal: Pick<Journal, "operations" | "event">,
  id: string,
  moment: "start" | "end",
): void {
  const operation = journal.operations.get(id);
  // One that a stop interrupts goes on with the next start.
  if (operation === undefined || (moment === "end" && !isFinal(operation.state))) return;
  // A tombstone is of no component.
  if (operation.state === "tombstone") return;
  const data = busbar.v1.Operation.encode(operationMessage(operation)).finish();
  void journal.event(subjects.operationEvent(operation.component), data);
}
