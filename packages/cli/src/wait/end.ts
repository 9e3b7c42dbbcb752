import { BusbarError, type ErrorCode, isErrorCode, type Milliseconds } from "@busbar/contracts";
import { span } from "../output/time.ts";
import { statusWord } from "../output/words.ts";
import type { OperationShape } from "../shapes/operation.ts";
import type { OperationCourse } from "./course.ts";

export interface OperationEnd {
  /** Of the component that was asked for; undefined when another operation has taken it over. */
  readonly status: string | undefined;
  /** Absent when all went well. */
  readonly error: BusbarError | undefined;
}

/** How an operation ended, in the words of statemgr; powermgr's record tells why where another took over. */
export function endOf(course: OperationCourse, operation: OperationShape | undefined): OperationEnd {
  const status = course.end?.current_status;
  const { failure } = course;
  if (failure) {
    const code = codeOf(failure.error_code) ?? (failure.reason === "outcome-unknown" ? "OUTCOME_UNKNOWN" : undefined);
    const message = failure.message ?? `ended ${statusWord(failure.current_status)} (${failure.reason})`;
    return { status, error: errorOf(course, code, failure.component, message) };
  }
  if (course.end) return { status, error: undefined };
  const own = operation?.outcomes.find(({ component }) => component === course.component);
  const message = own?.message ?? `operation ${course.takenOverBy} took over`;
  return { status, error: errorOf(course, codeOf(own?.error_code ?? null) ?? "ABORTED", course.component, message) };
}

const codeOf = (text: string | null): ErrorCode | undefined => (text !== null && isErrorCode(text) ? text : undefined);

const errorOf = (
  { operationId }: OperationCourse,
  code: ErrorCode = "POWER_OPERATION_FAILED",
  component: string,
  message: string,
): BusbarError =>
  new BusbarError(code, message.startsWith(component) ? message : `${component}: ${message}`, {
    component,
    operationId,
    remedy: `see busbar operations get ${operationId}`,
  });

/** The wait is over, the operation isn't. */
export const stillGoingOn = ({ component, operationId }: OperationCourse, waited: Milliseconds): BusbarError =>
  new BusbarError(
    "DEADLINE_EXCEEDED",
    `${component}: not ended after ${span(waited)}; operation ${operationId} goes on`,
    {
      component,
      operationId,
      reason: "wait-timeout",
      remedy: `see busbar operations get ${operationId}, or --wait with a longer --timeout`,
    },
  );
