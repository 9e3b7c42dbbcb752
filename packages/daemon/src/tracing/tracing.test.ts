import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { Metrics } from "../metrics.ts";
import type { EndedSpan } from "./otlp.ts";
import { SpanExporter } from "./span-exporter.ts";
import { startTracing } from "./start-tracing.ts";
import { parseTraceparent } from "./trace-context.ts";
import { createTracer } from "./tracer.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const sampled = `00-${traceId}-${spanId}-01`;
const log = { info() {}, warn() {} };

function collectingTracer(now = () => 1_000) {
  const spans: EndedSpan[] = [];
  return { spans, tracer: createTracer({ add: (span) => void spans.push(span) }, now) };
}

describe("a span", () => {
  test("belongs to its parent's trace, and is the parent of what it hands on", () => {
    const { spans, tracer } = collectingTracer();
    const span = tracer.start("on host.0", { parent: sampled, kind: "server", attributes: { a: 1 } });
    const child = tracer.start("press", { parent: span.traceparent });
    child.end({ error: "stuck" });
    span.end({ attributes: { b: true }, endedAt: 1_250 });
    const [first, second] = spans;
    expect(second).toMatchObject({ traceId, parentSpanId: spanId, attributes: { a: 1, b: true }, endedAt: 1_250 });
    expect(first).toMatchObject({ traceId, parentSpanId: second?.spanId, error: "stuck", kind: "internal" });
    expect(span.traceparent).toBe(`00-${traceId}-${second?.spanId}-01`);
  });

  test.each([undefined, "nonsense", `00-${"0".repeat(32)}-${spanId}-01`, `ff-${traceId}-${spanId}-01`, `${sampled}-x`])(
    "begins a trace of its own under %s",
    (parent) => {
      const { spans, tracer } = collectingTracer();
      tracer.start("on", { parent }).end();
      expect(spans[0]?.parentSpanId).toBeUndefined();
      expect(spans[0]?.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
      expect(spans[0]?.traceId).not.toBe(traceId);
    },
  );

  test("that nobody wants sampled is not kept, and says so to whoever it asks", () => {
    const { spans, tracer } = collectingTracer();
    const span = tracer.start("on", { parent: `00-${traceId}-${spanId}-00` });
    span.end();
    expect(spans).toEqual([]);
    expect(parseTraceparent(span.traceparent)).toMatchObject({ traceId, sampled: false });
  });

  test("ends once", () => {
    const { spans, tracer } = collectingTracer();
    const span = tracer.start("on");
    span.end();
    span.end({ error: "again" });
    expect(spans).toHaveLength(1);
    expect(spans[0]?.error).toBeUndefined();
  });

  test("costs nothing without a collector, and hands on what came", () => {
    const tracer = createTracer(undefined, () => 0);
    expect(tracer.start("on", { parent: sampled }).traceparent).toBe(sampled);
    expect(tracer.start("on", { parent: "nonsense" }).traceparent).toBeUndefined();
    expect(tracer.start("on").traceparent).toBeUndefined();
  });
});

describe("the exporter", () => {
  let server: Server | undefined;
  const bodies: string[] = [];

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
    bodies.length = 0;
  });

  async function collector(answer: number | "never"): Promise<string> {
    server = createServer(async (request, response) => {
      const body = await readText(request);
      bodies.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
      if (answer !== "never") response.writeHead(answer).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  const exporterTo = (endpoint: string) => {
    const metrics = new Metrics();
    const exporter = new SpanExporter({ endpoint, metrics, log, resource: { service: "powermgr", version: "1.0.0" } });
    const figure = (name: string) => Number(new RegExp(`^${name} (.+)$`, "m").exec(metrics.text())?.[1]);
    return {
      exporter,
      dropped: () => figure("busbar_spans_dropped_total"),
      took: () => figure("busbar_spans_exported_total"),
    };
  };

  const span = (more: Partial<EndedSpan> = {}): EndedSpan => ({
    traceId,
    spanId,
    name: "on host.0",
    kind: "server",
    startedAt: 1_700_000_000_000.5,
    endedAt: 1_700_000_000_001,
    attributes: { text: "a", whole: 2, part: 0.5, is: true, none: undefined },
    ...more,
  });

  test("sends OTLP's JSON to /v1/traces", async () => {
    const { exporter, took, dropped } = exporterTo(await collector(200));
    exporter.add(span({ parentSpanId: "00f067aa0ba902b7", error: "stuck" }));
    await exporter.close();
    const [head, body = ""] = bodies[0]?.split(/ (?=\{)/) ?? [];
    expect(head).toBe("POST /v1/traces application/json");
    expect(JSON.parse(body)).toEqual({
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: "service.name", value: { stringValue: "powermgr" } },
              { key: "service.version", value: { stringValue: "1.0.0" } },
            ],
          },
          scopeSpans: [
            {
              scope: { name: "busbar", version: "1.0.0" },
              spans: [
                {
                  traceId,
                  spanId,
                  parentSpanId: "00f067aa0ba902b7",
                  name: "on host.0",
                  kind: 2,
                  startTimeUnixNano: "1700000000000500000",
                  endTimeUnixNano: "1700000000001000000",
                  attributes: [
                    { key: "text", value: { stringValue: "a" } },
                    { key: "whole", value: { intValue: "2" } },
                    { key: "part", value: { doubleValue: 0.5 } },
                    { key: "is", value: { boolValue: true } },
                  ],
                  status: { code: 2, message: "stuck" },
                },
              ],
            },
          ],
        },
      ],
    });
    expect([took(), dropped()]).toEqual([1, 0]);
  });

  test("counts what a collector does not take, and goes on", async () => {
    const { exporter, took, dropped } = exporterTo(await collector(503));
    exporter.add(span());
    await exporter.close();
    expect([took(), dropped()]).toEqual([0, 1]);
  });

  test("holds a bounded number of spans for a collector that never answers, and gives up at the stop", async () => {
    const { exporter, dropped } = exporterTo(await collector("never"));
    for (let number = 0; number < 2_000; number += 1) exporter.add(span());
    expect(dropped()).toBeGreaterThan(1_000);
    await exporter.close();
    expect(dropped()).toBe(2_000);
  });

  test("drops spans that nobody listens for", async () => {
    const endpoint = await collector(200);
    server?.close();
    const { exporter, dropped } = exporterTo(endpoint);
    exporter.add(span());
    await exporter.close();
    expect(dropped()).toBe(1);
  });

  test.each(["no url", "ftp://collector"])("is not begun for %s, which is warned of", async (endpoint) => {
    const warnings: string[] = [];
    const { tracer, close } = startTracing({
      endpoint,
      clock: { now: () => 0 },
      resource: { service: "powermgr", version: "1.0.0" },
      metrics: new Metrics(),
      log: { info() {}, warn: (_fields: object, text: string) => void warnings.push(text) } as never,
    });
    expect(tracer.start("on").traceparent).toBeUndefined();
    await close();
    expect(warnings).toEqual([expect.stringMatching(/no http URL/)]);
  });
});
