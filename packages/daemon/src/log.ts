import { BusbarError } from "@busbar/contracts";
import { destination, type Logger, pino } from "pino";

export type Log = Logger;

export interface LogOptions {
  readonly name: string;
  readonly level: string;
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const base = {
    type: error.name,
    message: error.message,
    ...(error.cause !== undefined && { cause: serializeError(error.cause) }),
  };
  if (!(error instanceof BusbarError)) return { ...base, stack: error.stack };
  const { code, component, operationId, reason, remedy } = error;
  return { ...base, code, component, operationId, reason, remedy, ...(code === "INTERNAL" && { stack: error.stack }) };
}

/** JSON lines on stdout, written before the call returns: a crash loses none, and no transport thread is needed. */
export function createLog({ name, level }: LogOptions): Log {
  return pino(
    { name, level, base: { name }, serializers: { err: serializeError } },
    destination({ dest: 1, sync: true }),
  );
}
