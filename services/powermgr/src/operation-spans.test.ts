import { componentName } from "@busbar/contracts";
import { createTracer, type EndedSpan } from "@busbar/daemon";
import { expect, test } from "vitest";
import { traceOperation } from "./operation-spans.ts";
import type { Operation } from "./operations/operation.ts";

const host = componentName("host.0");
const traceId = "0af7651916cd43dd8448eb211c80319c";
const ended: Operation = {
  id: "op-1",
  component: host,
  verb: "on",
  action: "HOST_ACTION_ON",
  actor: "",
  source: "statemgr",
  traceparent: `00-${traceId}-b7ad6b7169203331-01`,
  timeoutMs: 5_000,
  queuedAt: 1_000,
  finishedAt: 3_000,
  state: "succeeded",
  deadline: { boot: "b", at: 0 },
  steps: [
    {
      part: 0,
      step: 0,
      kind: "press",
      component: host,
      line: "button",
      startedAt: 1_100,
      durationMs: 200,
      outcome: "done",
    },
    { part: 0, step: 1, kind: "await", component: host, startedAt: 1_300, durationMs: 900, outcome: "done" },
  ],
  outcomes: [],
};

function traced(operation: Operation): EndedSpan[] {
  const spans: EndedSpan[] = [];
  traceOperation(
    createTracer({ add: (span) => void spans.push(span) }, () => 9_999),
    operation,
  );
  return spans;
}

test("an operation's span has the times of its record, and a child per act", () => {
  const [press, whole, ...rest] = traced(ended);
  expect(rest).toEqual([]);
  expect(whole).toMatchObject({
    traceId,
    name: "on host.0",
    parentSpanId: "b7ad6b7169203331",
    startedAt: 1_000,
    endedAt: 3_000,
  });
  expect(press).toMatchObject({
    traceId,
    name: "press button",
    parentSpanId: whole?.spanId,
    startedAt: 1_100,
    endedAt: 1_300,
  });
  expect([whole?.error, press?.error]).toEqual([undefined, undefined]);
});

test("an act that a restart cut short lasts until the operation's end, and failed", () => {
  const step = { part: 0, step: 0, kind: "press", component: host, line: "button", startedAt: 1_100 } as const;
  const [press, whole] = traced({ ...ended, state: "outcome-unknown", steps: [step] });
  expect(press).toMatchObject({ endedAt: 3_000, error: "unknown" });
  expect(whole?.error).toBe("outcome-unknown");
});

test("an operation that nobody traced begins a trace", () => {
  const { traceparent: _, ...untraced } = ended;
  const [press, whole] = traced(untraced);
  expect(whole?.parentSpanId).toBeUndefined();
  expect(press?.traceId).toBe(whole?.traceId);
});
