import { randomBytes } from "node:crypto";

/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00. Ids are lower case hex. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether whoever began the trace wants its spans kept. */
  readonly sampled: boolean;
}

const pattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const sampledFlag = 1;

/** undefined for what is no trace context; the specification has it ignored. */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  const [, traceId, spanId, flags] = pattern.exec(text ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & sampledFlag) !== 0 };
}

export const formatTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;

/** The context of a child, or of a trace of its own. */
export const contextUnder = (parent: TraceContext | undefined): TraceContext => ({
  traceId: parent?.traceId ?? randomId(16),
  spanId: randomId(8),
  sampled: parent?.sampled ?? true,
});

function randomId(bytes: number): string {
  const id = randomBytes(bytes).toString("hex");
  return /^0+$/.test(id) ? randomId(bytes) : id; // all zeros mean "none"
}
