import { asBusbarError } from "@busbar/contracts";
import { Interrupted, interruptedExit } from "../interrupted.ts";
import { printable } from "./printable.ts";
import type { OutputFormat } from "./printer.ts";

/** What the user is told when a command failed, and the exit code that says so to a script. */
export interface Failure {
  readonly text: string;
  readonly exit: number;
}

export function failureOf(thrown: unknown, format: OutputFormat): Failure {
  const { exit, ...told } = thrown instanceof Interrupted ? interruption(thrown) : failure(thrown);
  if (format === "json") return { text: `${JSON.stringify(told)}\n`, exit };
  const remedy = told.remedy === null ? "" : `; ${printable(told.remedy)}`;
  return { text: `busbar: ${printable(told.message)}${remedy}\n`, exit };
}

function failure(thrown: unknown) {
  const { code, message, component, reason, remedy, operationId, details, mapping } = asBusbarError(thrown);
  return {
    code,
    message,
    remedy: remedy ?? null,
    component: component ?? null,
    reason: reason ?? null,
    operation_id: operationId ?? null,
    details,
    exit: mapping.exit,
  };
}

const interruption = ({ message, remedy, operationId }: Interrupted) => ({
  code: "INTERRUPTED",
  message,
  remedy: remedy ?? null,
  component: null,
  reason: null,
  operation_id: operationId ?? null,
  details: {},
  exit: interruptedExit,
});
