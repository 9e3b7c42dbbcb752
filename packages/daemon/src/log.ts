import { BusbarError } from "@busbar/contracts";
import { destination, type Logger, pino } from "pino";

export type Log = Logger;

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

export interface LogOptions {
  readonly name: string;
  readonly level: string;
}

/** Causes of causes; more tell nobody anything. */
const deepestCause = 5;

/** What tells people and tools which error it was: code and component above all, the stack only for bugs. */
export function shownError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const cause = depth < deepestCause && error.cause !== undefined ? shownError(error.cause, depth + 1) : undefined;
  const rest = { message: error.message, ...(cause !== undefined && { cause }) };
  if (error instanceof BusbarError) {
    const { code, component, operationId, reason, remedy } = error;
    const stack = code === "INTERNAL" ? { stack: error.stack } : {};
    return { type: error.name, code, component, operationId, reason, remedy, ...rest, ...stack };
  }
  const parts = error instanceof AggregateError && depth < deepestCause ? error.errors : [];
  return {
    type: error.name,
    ...("code" in error && { code: error.code }), // ENOENT and its like
    ...rest,
    ...(parts.length > 0 && { errors: parts.map((part) => shownError(part, depth + 1)) }),
    stack: error.stack,
  };
}

/** JSON lines on stdout, written before the call returns: a crash loses none, and no transport thread is needed. */
export function createLog({ name, level }: LogOptions): Log {
  const stdout = destination({ dest: 1, sync: true });
  // A log that can't be written (its reader gone, its disk full) is no reason to let go of hardware.
  stdout.on("error", () => {});
  return pino({ name, level, base: { name }, serializers: { err: shownError } }, stdout);
}
