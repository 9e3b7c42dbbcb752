import type { Action } from "@busbar/contracts";
import type { Shown } from "../output/printer.ts";
import { span } from "../output/time.ts";
import { statusCell } from "../output/words.ts";
import type { OperationShape } from "../shapes/operation.ts";

/** What became of a request for an action, as far as it is known. */
export interface ActionShape {
  readonly component: string;
  readonly action: Action;
  /** `completed` and `failed` are the outcome of the operation; only --wait learns them. */
  readonly outcome: "accepted" | "completed" | "no-op" | "failed";
  /** The component's, as last heard. */
  readonly status: string;
  /** Null for a no-op: nothing had to be done. */
  readonly operation_id: string | null;
  readonly request_id: string | null;
  /** With --wait: from the request to the end. */
  readonly duration_ms?: number;
  /** With --wait: its record, null when powermgr has none. */
  readonly operation?: OperationShape | null;
}

export const actionShown = (word: string, answer: ActionShape): Shown => ({
  json: answer,
  lines: (paint) => {
    const cell = statusCell(answer.component, answer.status);
    const status = typeof cell === "object" ? paint(cell.tone, cell.text) : (cell ?? "");
    const head = `${answer.component} ${word}: ${answer.outcome}`;
    switch (answer.outcome) {
      case "no-op":
        return [`${head}, it is ${status} already`];
      case "accepted":
        return [`${head}, operation ${answer.operation_id}`];
      case "completed":
      case "failed":
        return [`${head}, it is ${status}${answer.duration_ms === undefined ? "" : ` (${span(answer.duration_ms)})`}`];
      default:
        return answer.outcome satisfies never;
    }
  },
});
