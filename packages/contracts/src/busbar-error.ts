import { type ErrorCode, errorCodes } from "./error-code.ts";

export interface ErrorContext {
  /** What it is about: `host.0`, a line, a bus, a file. */
  readonly component?: string;
  readonly operationId?: string;
  /** Which rule or fact decided, in the field's terms (`thermal`, `minimum-off-time`). */
  readonly reason?: string;
  /** What the reader can do about it. */
  readonly remedy?: string;
  readonly details?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The one error class. Decisions read `code`; text is for people. */
export class BusbarError extends Error {
  override readonly name = "BusbarError";
  readonly code: ErrorCode;
  readonly component: string | undefined;
  readonly operationId: string | undefined;
  readonly reason: string | undefined;
  readonly remedy: string | undefined;
  readonly details: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.component = context.component;
    this.operationId = context.operationId;
    this.reason = context.reason;
    this.remedy = context.remedy;
    this.details = context.details ?? {};
  }

  get mapping(): (typeof errorCodes)[ErrorCode] {
    return errorCodes[this.code];
  }
}

/** Anything thrown, as a BusbarError: what has no code is a bug and becomes INTERNAL. */
export function asBusbarError(thrown: unknown): BusbarError {
  if (thrown instanceof BusbarError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new BusbarError("INTERNAL", message, { cause: thrown, remedy: "report this; the log has the details" });
}
