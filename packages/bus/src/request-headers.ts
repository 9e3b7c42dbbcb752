import { BusbarError, headers, type Milliseconds, milliseconds } from "@busbar/contracts";
import { Match, type MsgHdrs } from "nats";

/** What a request says about itself besides its body (DESIGN §4). */
export interface RequestHeaders {
  readonly operationId?: string;
  /** Idempotency key of the caller. */
  readonly requestId?: string;
  /** Who asks, as claimed. */
  readonly actor?: string;
  /** How long the caller gives the operation, from receipt. */
  readonly timeout?: Milliseconds;
  /** Interlocks to be overridden, where policy allows that. */
  readonly override?: readonly string[];
  /** W3C trace context. */
  readonly traceparent?: string;
}

const timeoutRange = { min: 1, max: 3_600_000 };
/** Ids are copied into rows, logs and file names of support bundles: visible ASCII, bounded. */
const idPattern = /^[\x21-\x7e]{1,128}$/;
/** A person's name may have any letters, but nothing that steers a terminal or a log. */
const actorPattern = /^[^\p{C}]{1,256}$/u;
const overridePattern = /^[a-z-]{1,40}(?: ?, ?[a-z-]{1,40}){0,15}$/;
/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00; all-zero ids are invalid. */
const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** @throws BusbarError INVALID_ARGUMENT for a value that no well-behaved peer sends. */
export function readRequestHeaders(sent: MsgHdrs | undefined): RequestHeaders {
  if (sent === undefined) return {};
  const operationId = single(sent, headers.operationId, idPattern, "1 to 128 visible ASCII characters");
  const requestId = single(sent, headers.requestId, idPattern, "1 to 128 visible ASCII characters");
  const actor = single(sent, headers.actor, actorPattern, "1 to 256 printable characters");
  const timeout = timeoutOf(sent);
  const override = single(sent, headers.override, overridePattern, "names of interlocks, separated by commas");
  const traceparent = sent.get(headers.traceparent, Match.IgnoreCase);
  return {
    ...(operationId !== undefined && { operationId }),
    ...(requestId !== undefined && { requestId }),
    ...(actor !== undefined && { actor }),
    ...(timeout !== undefined && { timeout }),
    ...(override !== undefined && { override: override.split(",").map((name) => name.trim()) }),
    // A broken trace context is dropped, as its specification says: tracing must never refuse a request.
    ...(traceparentPattern.test(traceparent) && { traceparent }),
  };
}

function timeoutOf(sent: MsgHdrs): Milliseconds | undefined {
  const name = headers.timeoutMs;
  const text = single(sent, name, /^[0-9]{1,7}$/, "a whole number of milliseconds");
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value < timeoutRange.min || value > timeoutRange.max) {
    throw invalid(name, `must be ${timeoutRange.min} to ${timeoutRange.max}`);
  }
  return milliseconds(value);
}

function single(sent: MsgHdrs, name: string, pattern: RegExp, rule: string): string | undefined {
  const values = sent.values(name, Match.IgnoreCase);
  if (values.length === 0) return undefined;
  const [value = ""] = values;
  if (values.length > 1) throw invalid(name, "is given more than once");
  if (!pattern.test(value)) throw invalid(name, `must be ${rule}`);
  return value;
}

const invalid = (name: string, what: string): BusbarError =>
  new BusbarError("INVALID_ARGUMENT", `header ${name} ${what}`, {
    reason: "header",
    remedy: `correct the header ${name}`,
  });

/** The same as header lines. */
export const requestHeaderLines = (request: RequestHeaders): Record<string, string | undefined> => ({
  [headers.operationId]: request.operationId,
  [headers.requestId]: request.requestId,
  [headers.actor]: request.actor,
  [headers.timeoutMs]: request.timeout === undefined ? undefined : String(Math.max(1, Math.round(request.timeout))),
  [headers.override]: request.override?.join(","),
  [headers.traceparent]: request.traceparent,
});
