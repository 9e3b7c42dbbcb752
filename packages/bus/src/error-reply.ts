import { BusbarError, decodeError, type ErrorCode, encodeError, headers, isErrorCode } from "@busbar/contracts";
import type { Reply } from "./reply.ts";

/** An error as a reply: coded body for our peers, headers for every NATS micro-service client. */
export interface ErrorReply {
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const textLimit = 256;
/** Far below any broker's max_payload; a body above it (a bug in somebody's details) is left out. */
const bodyLimit = 32 * 1024;

export function errorReply(error: BusbarError): ErrorReply {
  return {
    data: bodyOf(error),
    headers: {
      [headers.serviceErrorCode]: String(error.mapping.nats),
      [headers.serviceError]: headerText(error.message),
      [headers.error]: error.code,
      [headers.operationId]: error.operationId === undefined ? undefined : headerText(error.operationId),
    },
  };
}

function bodyOf(error: BusbarError): Uint8Array {
  try {
    const body = encodeError(error);
    if (body.length <= bodyLimit) return body;
  } catch {
    // Details that can't be encoded are a bug elsewhere; the headers still carry the code.
  }
  return new Uint8Array();
}

/** One line of visible ASCII: a line end would let an error's text write headers of its own. */
function headerText(text: string): string {
  const line = text
    .replace(/\s+/g, " ")
    .replace(/[^\x20-\x7e]/g, "?")
    .trim();
  return line.slice(0, textLimit) || "error";
}

/** The error that a reply holds; undefined when it is an answer. The body says most, then our header, then the number. */
export function errorIn(reply: Reply): BusbarError | undefined {
  const number = reply.header(headers.serviceErrorCode);
  const code = reply.header(headers.error);
  if (number === undefined && code === undefined) return undefined;
  const body = reply.data.length > 0 ? decodeError(reply.data) : undefined;
  if (body !== undefined) return body;
  const operationId = reply.header(headers.operationId);
  return new BusbarError(
    code !== undefined && isErrorCode(code) ? code : codeOfNumber(Number(number)),
    reply.header(headers.serviceError) ?? `the peer answered error ${number ?? code}`,
    operationId === undefined ? {} : { operationId },
  );
}

/** What a peer means that sets nothing but NATS' number (u-bmc's services). Where several of our codes share one, the plainest. */
const codesByNumber: Readonly<Record<number, ErrorCode>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  408: "DEADLINE_EXCEEDED",
  409: "CONFLICT",
  412: "FAILED_PRECONDITION",
  429: "RESOURCE_EXHAUSTED",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

function codeOfNumber(number: number): ErrorCode {
  const known = codesByNumber[number];
  if (known !== undefined) return known;
  return number >= 400 && number < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
}
