import type { EventShape } from "../shapes/event.ts";
import type { StateChangeShape } from "../shapes/state-change.ts";
import { printable } from "./printable.ts";
import type { Paint } from "./style.ts";
import { localTime, span } from "./time.ts";
import { actionWord, statusCell, statusWord } from "./words.ts";

/** An event on one line: when, of what, what sort, and what it says. */
export function eventLine(event: EventShape, paint: Paint): string {
  const time = localTime(timeOf(event)) ?? "";
  const head = `${paint("quiet", time)}  ${event.component.padEnd(10)}  ${event.type.padEnd(12)}`;
  const operation = event.operation_id === null ? "" : paint("quiet", `  ${printable(event.operation_id)}`);
  return `${head}  ${textOf(event, paint)}${operation}`;
}

function timeOf(event: EventShape): string | null {
  switch (event.type) {
    case "transition":
      return event.changed_at;
    case "power-result":
      return event.completed_at;
    case "power-good":
      return event.observed_at;
    default:
      return event satisfies never;
  }
}

function textOf(event: EventShape, paint: Paint): string {
  switch (event.type) {
    case "transition":
      return changeText(event, paint);
    case "power-result": {
      const failed = `${event.error_code ?? "failed"}: ${event.message ?? ""}`;
      const result = event.success ? paint("good", "done") : paint("bad", printable(failed));
      return `${event.verb}: ${result}, power ${event.previous_power} -> ${event.power} (${span(event.duration_ms)})`;
    }
    case "power-good":
      return `power ${event.previous_power} -> ${event.power}`;
    default:
      return event satisfies never;
  }
}

/** `off -> transitioning (on, requested by root)`, and what went wrong if something did. */
export function changeText(change: StateChangeShape, paint: Paint): string {
  const status = statusCell(change.component, change.current_status);
  const now = typeof status === "object" ? paint(status.tone, status.text) : status;
  const why = [change.cause === null ? "" : actionWord(change.cause), change.reason].filter((word) => word !== "");
  const who = change.actor === null ? "" : ` by ${printable(change.actor)}`;
  const message = change.message === null ? "" : `: ${printable(change.message)}`;
  return `${statusWord(change.previous_status)} -> ${now} (${why.join(", ")}${who})${message}`;
}
