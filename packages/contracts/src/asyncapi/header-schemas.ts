import { errorCodes } from "../error-code.ts";
import { headers, type Outcome } from "../headers.ts";

/** A JSON schema of header lines: all of them are text. */
interface HeadersSchema {
  readonly type: "object";
  readonly description: string;
  readonly properties: Readonly<Record<string, HeaderSchema>>;
  readonly required?: readonly string[];
}

interface HeaderSchema {
  readonly type: "string";
  readonly description: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** Ids are visible ASCII, bounded: they are copied into rows, logs and file names. */
const id = (description: string): HeaderSchema => ({ type: "string", description, pattern: "^[!-~]{1,128}$" });

const outcomes = ["accepted", "completed", "no-op"] as const satisfies readonly Outcome[];

const texts = <T extends string | number>(values: readonly T[]): string[] => [...new Set(values.map(String))];

export const headerSchemas = {
  requestHeaders: {
    type: "object",
    description: "What a request says about itself. All are optional; one that breaks its rule is INVALID_ARGUMENT.",
    properties: {
      [headers.requestId]: id("Idempotency key of the caller: the same id gets the same answer."),
      [headers.timeoutMs]: {
        type: "string",
        description: "How long the caller gives the operation, in milliseconds from receipt: 1 to 3600000.",
        pattern: "^([1-9][0-9]{0,5}|[12][0-9]{6}|3[0-5][0-9]{5}|3600000)$",
      },
      [headers.actor]: { type: "string", description: "Who asks, as claimed.", minLength: 1, maxLength: 256 },
      [headers.operationId]: id("Set by statemgr on what it asks of powermgr, and only there."),
      [headers.override]: {
        type: "string",
        description: "Interlocks to be overridden, by name, with commas between them. Only where policy allows it.",
        pattern: "^[a-z-]{1,40}( ?, ?[a-z-]{1,40}){0,15}$",
      },
      [headers.traceparent]: {
        type: "string",
        description: "W3C trace context, version 00; a malformed one is ignored.",
      },
    },
  },
  responseHeaders: {
    type: "object",
    description: "What an answer says about itself.",
    properties: {
      [headers.outcome]: {
        type: "string",
        description: "Of an action. no-op: it was already so, and nothing was done.",
        enum: outcomes,
      },
      [headers.operationId]: id("The operation that carries an action out."),
    },
  },
  errorHeaders: {
    type: "object",
    description: "An answer with these is an error, whatever its body.",
    properties: {
      [headers.serviceErrorCode]: {
        type: "string",
        description: "A number like HTTP's, as NATS micro services have it.",
        enum: texts(Object.values(errorCodes).map((row) => row.nats)),
      },
      [headers.serviceError]: { type: "string", description: "One line of ASCII for people.", maxLength: 256 },
      [headers.error]: { type: "string", description: "Busbar's code.", enum: Object.keys(errorCodes) },
      [headers.operationId]: id("The operation that failed, if there is one."),
    },
    required: [headers.serviceErrorCode, headers.serviceError, headers.error],
  },
  eventHeaders: {
    type: "object",
    description: "What an event says about itself.",
    properties: {
      "Nats-Msg-Id": {
        type: "string",
        description: "`<epoch of the daemon's store>:<number>`. A plain subscriber drops what it has seen by this.",
      },
      [headers.operationId]: id("The operation that the event tells of, if powermgr tells of one."),
      [headers.traceparent]: {
        type: "string",
        description: "W3C trace context of the operation that the event tells of, when its request had one.",
        pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
      },
    },
    required: ["Nats-Msg-Id"],
  },
} as const satisfies Record<string, HeadersSchema>;
