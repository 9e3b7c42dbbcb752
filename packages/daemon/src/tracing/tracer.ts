import type { Attributes, EndedSpan, SpanKind } from "./otlp.ts";
import { contextUnder, formatTraceparent, parseTraceparent, type TraceContext } from "./trace-context.ts";

export interface SpanStart {
  /** W3C traceparent of what it belongs to; without one, or with a malformed one, a new trace begins. */
  readonly parent?: string | undefined;
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Milliseconds since 1970; now, when it isn't given. */
  readonly startedAt?: number;
}

export interface SpanEnd {
  readonly attributes?: Attributes;
  /** Why it failed; without it it did not. */
  readonly error?: string | undefined;
  readonly endedAt?: number;
}

export interface Span {
  /** What goes on to whoever works for this span; undefined when nothing is traced. */
  readonly traceparent: string | undefined;
  /** Counts once; later calls do nothing. */
  end(end?: SpanEnd): void;
}

/** Takes ended spans; must not throw or wait. */
export interface SpanSink {
  add(span: EndedSpan): void;
}

export interface Tracer {
  start(name: string, start?: SpanStart): Span;
}

/** Without a sink no span is kept, and a traceparent is passed on as it came. */
export function createTracer(sink: SpanSink | undefined, now: () => number): Tracer {
  return {
    start(name, { parent: text, kind = "internal", attributes = {}, startedAt = now() } = {}) {
      const parent = parseTraceparent(text);
      if (sink === undefined) return { traceparent: parent && text, end() {} };
      const context = contextUnder(parent);
      const traceparent = formatTraceparent(context);
      if (!context.sampled) return { traceparent, end() {} };
      let isOpen = true;
      return {
        traceparent,
        end({ attributes: more, error, endedAt = now() } = {}) {
          if (!isOpen) return;
          isOpen = false;
          sink.add({
            ...identity(context, parent),
            name,
            kind,
            startedAt,
            endedAt,
            attributes: { ...attributes, ...more },
            ...(error !== undefined && { error }),
          });
        },
      };
    },
  };
}

const identity = ({ traceId, spanId }: TraceContext, parent: TraceContext | undefined) => ({
  traceId,
  spanId,
  ...(parent !== undefined && { parentSpanId: parent.spanId }),
});
