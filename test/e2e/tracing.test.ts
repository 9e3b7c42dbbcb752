import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { endpoints, headers, milliseconds } from "@busbar/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Arrivals, patienceMs } from "./bounded.ts";
import { useSystem } from "./system.ts";

// W3C trace context from the client through both daemons, told to an OTLP collector that is a server of this file.

interface Span {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status?: { readonly code: number };
}

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly { readonly key: string; readonly value: { stringValue: string } }[];
    };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, "service">[] }[];
  }[];
}

const spans = new Arrivals<Span>();
const variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
const before = process.env[variable];
let collector: Server;

// Before the system below: its daemons are started with this environment.
beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const text = await readText(request);
    for (const { resource, scopeSpans } of (JSON.parse(text) as Exported).resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === "service.name")?.value.stringValue ?? "";
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) spans.add({ ...span, service });
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  }).listen(0, "127.0.0.1");
  await once(collector, "listening");
  process.env[variable] = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});

const system = useSystem();

afterAll(() => {
  if (before === undefined) delete process.env[variable];
  else process.env[variable] = before;
  collector.closeAllConnections();
  collector.close();
});

const spanOf = (service: string, name: RegExp, traceId: string, mark = 0): Promise<Span> =>
  spans.until(
    `${service}'s span ${name}`,
    (span) => span.service === service && name.test(span.name) && span.traceId === traceId,
    mark,
  );

let next = 0;
function newTrace(): { traceId: string; spanId: string; traceparent: string } {
  next += 1;
  const traceId = `0af7651916cd43dd8448eb211c8${String(next).padStart(5, "0")}`;
  const spanId = "b7ad6b7169203331";
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

test("one trace goes from the client through statemgr and powermgr to the press, and its events carry it", async () => {
  await system().bring("host.0", "off");
  const { traceId, spanId, traceparent } = newTrace();
  const told = new Arrivals<{ subject: string; traceparent: string | undefined }>();
  const subscriptions = await Promise.all(
    ["statemgr.event.host.0.transition", "powermgr.host.0.power.result"].map((subject) =>
      system().bus.subscribe(subject, (delivery) =>
        told.add({ subject: delivery.subject, traceparent: delivery.header(headers.traceparent) }),
      ),
    ),
  );
  const mark = system().changes.mark;
  const operationId = await system().accepted("host.0", "HOST_ACTION_ON", { [headers.traceparent]: traceparent });
  await system().ends("host.0", operationId, mark);

  const request = await spanOf("statemgr", /^HOST_ACTION_ON host\.0$/, traceId);
  const operation = await spanOf("powermgr", /^on host\.0$/, traceId);
  const press = await spanOf("powermgr", /^press power-button-0$/, traceId);
  expect(request.parentSpanId).toBe(spanId);
  expect(operation.parentSpanId).toBe(request.spanId);
  expect(press.parentSpanId).toBe(operation.spanId);
  expect([request, operation, press].map(({ status }) => status)).toEqual([undefined, undefined, undefined]);

  const carried = `00-${traceId}-${request.spanId}-01`;
  for (const subject of ["statemgr.event.host.0.transition", "powermgr.host.0.power.result"]) {
    const event = await told.until(`an event on ${subject}`, (one) => one.subject === subject, 0);
    expect(event.traceparent).toBe(carried);
  }
  for (const subscription of subscriptions) subscription.unsubscribe();
});

test("what powermgr forwards to statemgr belongs to the same trace", async () => {
  await system().bring("host.0", "off");
  const { traceId, spanId, traceparent } = newTrace();
  const mark = system().changes.mark;
  const endpoint = endpoints.publicPower.find(({ name }) => name === "hosts-power-on");
  if (endpoint === undefined) throw new Error("no such endpoint");
  const asked = { timeout: milliseconds(patienceMs), headers: { traceparent } };
  const { operationId = "" } = await system().bus.request(endpoint, { componentName: "host.0" }, asked);
  await system().ends("host.0", operationId, mark);
  const forward = await spanOf("powermgr", /^forward host\.0$/, traceId);
  const request = await spanOf("statemgr", /^HOST_ACTION_ON host\.0$/, traceId);
  expect([forward.parentSpanId, request.parentSpanId]).toEqual([spanId, forward.spanId]);
});

test.each([
  ["no traceparent", {}],
  ["a malformed one", { [headers.traceparent]: "00-nonsense" }],
])("with %s a trace begins at statemgr", async (_, sent) => {
  await system().bring("host.1", "off");
  const mark = { spans: spans.mark, changes: system().changes.mark };
  await system().ends("host.1", await system().accepted("host.1", "HOST_ACTION_ON", sent), mark.changes);
  const request = await spans.until("the request's span", ({ name }) => name === "HOST_ACTION_ON host.1", mark.spans);
  const operation = await spanOf("powermgr", /^on host\.1$/, request.traceId, mark.spans);
  expect(request.parentSpanId).toBeUndefined();
  expect(operation.parentSpanId).toBe(request.spanId);
});

test("a refused request's span is marked as failed", async () => {
  const { traceId, traceparent } = newTrace();
  await system().bring("host.0", "on");
  const { operationId } = await system().ask("host.0", "HOST_ACTION_OFF");
  expect(operationId).not.toBe("");
  const { error } = await system().ask("host.0", "HOST_ACTION_ON", { [headers.traceparent]: traceparent });
  expect(error?.code).toBe("CONFLICT");
  expect((await spanOf("statemgr", /^HOST_ACTION_ON/, traceId)).status?.code).toBe(2);
  await system().ends("host.0", operationId ?? "");
});

// The last one: the collector does not come back.
test("a dead collector changes nothing", async () => {
  collector.closeAllConnections();
  collector.close();
  await system().bring("host.0", "off");
  const { traceparent } = newTrace();
  const mark = system().changes.mark;
  const operationId = await system().accepted("host.0", "HOST_ACTION_ON", { [headers.traceparent]: traceparent });
  expect((await system().ends("host.0", operationId, mark)).current).toBe("HOST_STATUS_ON");
});
