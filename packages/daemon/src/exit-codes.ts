import { asBusbarError, type ErrorCode } from "@busbar/contracts";

/** What a daemon's end means to whoever supervises it. */
export const exitCodes = {
  /** Stopped in good order. */
  stopped: 0,
  /** Could not start, or not stop in time: worth another try. */
  failed: 1,
  /** Configuration or platform file is wrong: trying again is of no use before somebody mends it. */
  configuration: 2,
  /** Another instance runs: of no use as long as it does. */
  secondInstance: 3,
  /** A bug (EX_SOFTWARE of sysexits.h). */
  software: 70,
} as const;

const byCode: Partial<Record<ErrorCode, number>> = {
  INVALID_ARGUMENT: exitCodes.configuration,
  CONFLICT: exitCodes.secondInstance,
  INTERNAL: exitCodes.software,
};

/** For what `start` threw. */
export const exitCodeOf = (thrown: unknown): number => byCode[asBusbarError(thrown).code] ?? exitCodes.failed;
