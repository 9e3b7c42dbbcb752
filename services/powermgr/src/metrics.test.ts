import { BusbarError, componentName, milliseconds } from "@busbar/contracts";
import { Metrics } from "@busbar/daemon";
import { expect, test } from "vitest";
import { PowerMetrics } from "./metrics.ts";
import type { Operation, StepRecord } from "./operations/operation.ts";

const host = componentName("host.0");

function figures() {
  const metrics = new Metrics();
  return { metrics, power: new PowerMetrics(metrics) };
}

const operation = (more: Partial<Operation> = {}): Operation => ({
  id: "op-1",
  component: host,
  verb: "on",
  action: "HOST_ACTION_ON",
  actor: "",
  source: "statemgr",
  timeoutMs: 1_000,
  queuedAt: 0,
  state: "running",
  deadline: { boot: "b", at: 0 },
  steps: [],
  outcomes: [],
  ...more,
});

const act = (more: Partial<StepRecord>): StepRecord => ({
  part: 0,
  step: 0,
  kind: "press",
  component: host,
  line: "power-button-0",
  startedAt: 0,
  outcome: "done",
  durationMs: 200,
  ...more,
});

test("acts are counted by line, kind and outcome, and only what was asserted and let go has a width", () => {
  const { metrics, power } = figures();
  power.ended(
    operation({
      steps: [
        act({}),
        act({ outcome: "no-op", durationMs: 1 }),
        { part: 0, step: 2, kind: "press", component: host, line: "power-button-0", startedAt: 0 },
        act({ kind: "switch", line: "chassis-enable", durationMs: 3 }),
        { part: 0, step: 3, kind: "await", component: host, startedAt: 0, outcome: "done", durationMs: 900 },
      ],
    }),
  );
  const text = metrics.text();
  for (const [line, kind, outcome] of [
    ["power-button-0", "press", "done"],
    ["power-button-0", "press", "no-op"],
    ["power-button-0", "press", "unknown"],
    ["chassis-enable", "switch", "done"],
  ]) {
    expect(text).toContain(`busbar_line_acts_total{kind="${kind}",line="${line}",outcome="${outcome}"} 1\n`);
  }
  expect(text).toContain('busbar_line_assert_seconds_sum{kind="press",line="power-button-0"} 0.2\n');
  expect(text).toContain('busbar_line_assert_seconds_count{kind="press",line="power-button-0"} 1\n');
  expect(text).not.toContain('busbar_line_assert_seconds_count{kind="switch"');
  expect(text).not.toContain('kind="await"');
});

test("what is not admitted is counted by its code, and thrown as it was", () => {
  const { metrics, power } = figures();
  const denied = new BusbarError("INTERLOCK_DENIED", "too hot", { component: host, reason: "thermal" });
  const submit = power.admitting(() => {
    throw denied;
  });
  const request = { id: "op-1", component: host, verb: "on", action: "HOST_ACTION_ON", actor: "" } as const;
  expect(() => submit({ ...request, source: "statemgr", timeout: milliseconds(1) })).toThrow(denied);
  expect(metrics.text()).toContain(
    'busbar_power_operations_refused_total{code="INTERLOCK_DENIED",reason="thermal",verb="on"} 1\n',
  );
});

test.each([
  ["on", "off", false, 1],
  ["on", "off", true, 0],
  ["on", "unknown", false, 0],
  ["unknown", "off", false, 0],
] as const)(
  "power-good from %s to %s (in an operation: %s) is %i unexpected losses",
  (from, to, hasOperation, losses) => {
    const { metrics, power } = figures();
    power.read({ components: [host], power: () => "on", operations: () => [], journalBytes: () => 0 });
    power.powerGood(host, to, from, hasOperation);
    expect(metrics.text()).toContain(`busbar_power_good_losses_total{component="host.0"} ${losses}\n`);
    expect(metrics.text()).toContain(`busbar_power_good_changes_total{component="host.0",power="${to}"} 1\n`);
  },
);

test("what is read is read at every scrape; unknown power is no number", () => {
  const { metrics, power } = figures();
  let seen: "on" | "off" | "unknown" = "on";
  const operations = [
    operation({ state: "queued" }),
    operation({ state: "verifying" }),
    operation({ state: "failed" }),
  ];
  power.read({ components: [host], power: () => seen, operations: () => operations, journalBytes: () => 4_096 });
  expect(metrics.text()).toContain('busbar_power_state{component="host.0"} 1\n');
  seen = "off";
  expect(metrics.text()).toContain('busbar_power_state{component="host.0"} 0\n');
  seen = "unknown";
  const text = metrics.text();
  expect(text).toContain('busbar_power_state{component="host.0"} NaN\n');
  expect(text).toContain("busbar_power_operations_queued 1\n");
  expect(text).toContain("busbar_power_operations_in_progress 1\n");
  expect(text).toContain("busbar_journal_size_bytes 4096\n");
});
