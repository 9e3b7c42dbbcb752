/**
 * Spans in OTLP's JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids in hex, enums as
 * numbers, 64-bit integers as text.
 */

export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** SpanKind of opentelemetry/proto/trace/v1/trace.proto. */
export const spanKinds = { internal: 1, server: 2, client: 3 } as const;
export type SpanKind = keyof typeof spanKinds;

export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
  /** Why it failed; without it it did not. */
  readonly error?: string;
}

export interface Resource {
  readonly service: string;
  readonly version: string;
}

/** Status.StatusCode; a span that did not fail is left unset, since "ok" is an operator's verdict. */
const errorStatus = 2;

export const encodeSpans = ({ service, version }: Resource, spans: readonly EndedSpan[]): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: keyValues({ "service.name": service, "service.version": version }) },
        scopeSpans: [{ scope: { name: "busbar", version }, spans: spans.map(encoded) }],
      },
    ],
  });

const encoded = ({ parentSpanId, kind, startedAt, endedAt, attributes, error, ...rest }: EndedSpan) => ({
  traceId: rest.traceId,
  spanId: rest.spanId,
  ...(parentSpanId !== undefined && { parentSpanId }),
  name: rest.name,
  kind: spanKinds[kind],
  startTimeUnixNano: nanoseconds(startedAt),
  endTimeUnixNano: nanoseconds(Math.max(startedAt, endedAt)),
  attributes: keyValues(attributes),
  ...(error !== undefined && { status: { code: errorStatus, message: error } }),
});

/** Microseconds are all that a double holds of a time since 1970. */
const nanoseconds = (ms: number): string => `${Math.round(ms * 1_000)}000`;

const keyValues = (attributes: Attributes) =>
  Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]));

function anyValue(value: AttributeValue) {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
