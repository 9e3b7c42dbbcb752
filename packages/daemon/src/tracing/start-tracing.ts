import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Resource } from "./otlp.ts";
import { SpanExporter } from "./span-exporter.ts";
import { createTracer, type Tracer } from "./tracer.ts";

export interface TracingOptions {
  readonly clock: Pick<Clock, "now">;
  /** null: no spans are kept. */
  readonly endpoint: string | null;
  readonly resource: Resource;
  readonly metrics: Metrics;
  readonly log: Pick<Log, "info" | "warn">;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left; bounded. */
  close(): Promise<void>;
}

export function startTracing({ clock, endpoint, ...rest }: TracingOptions): Tracing {
  const exporter = usable(endpoint, rest.log) ? new SpanExporter({ endpoint, ...rest }) : undefined;
  return {
    tracer: createTracer(exporter, () => clock.now()),
    close: async () => exporter?.close(),
  };
}

/** A wrong collector is no reason to leave the hardware alone: the variable may be meant for others, too. */
function usable(endpoint: string | null, log: TracingOptions["log"]): endpoint is string {
  if (endpoint === null || endpoint === "") return false;
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return true;
  log.warn({ endpoint }, "the trace collector's address is no http URL; nothing is traced");
  return false;
}
