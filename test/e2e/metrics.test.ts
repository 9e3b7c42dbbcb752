import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "./bounded.ts";
import { repository } from "./platform-files.ts";
import { useSystem } from "./system.ts";

// The figures of running daemons: what the dashboard asks for is there, and tells what happened.

const variables = ["BUSBAR_POWERMGR_METRICS_PORT", "BUSBAR_STATEMGR_METRICS_PORT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const before = variables.map((name) => [name, process.env[name]] as const);

// Before the system below: its daemons are started with this environment. Nobody listens at the collector's port.
beforeAll(() => {
  const [powermgr = "", statemgr = "", collector = ""] = variables;
  Object.assign(process.env, { [powermgr]: "0", [statemgr]: "0", [collector]: "http://127.0.0.1:9" });
});

const system = useSystem();

afterAll(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

async function scraped(daemon: string): Promise<string> {
  const port = await eventually(`the metrics port of ${daemon}`, () =>
    system()
      .said(daemon)
      .map((line) => /"metricsPort":(\d+)/.exec(line)?.[1])
      .find((found) => found !== undefined),
  );
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  return response.text();
}

test("an ON, a refusal and the way there are counted", async () => {
  await system().bring("host.0", "off");
  await system().done("host.0", "HOST_ACTION_ON");
  await eventually("the press is counted", async () => {
    const text = await scraped("powermgr");
    expect(text).toMatch(/^busbar_line_acts_total\{kind="press",line="power-button-0",outcome="done"\} [1-9]/m);
    expect(text).toMatch(/^busbar_line_assert_seconds_count\{kind="press",line="power-button-0"\} [1-9]/m);
    expect(text).toMatch(/^busbar_power_operation_duration_seconds_count\{verb="on"\} [1-9]/m);
    expect(text).toMatch(/^busbar_power_operations_total\{outcome="success",verb="on"\} [1-9]/m);
    expect(text).toMatch(/^busbar_power_good_changes_total\{component="host.0",power="on"\} [1-9]/m);
    expect(text).toMatch(/^busbar_power_good_losses_total\{component="host.0"\} 0$/m);
    expect(text).toMatch(/^busbar_power_state\{component="host.0"\} 1$/m);
    expect(text).toMatch(/^busbar_journal_sync_duration_seconds_count [1-9]/m);
    expect(text).toMatch(/^busbar_broker_connected 1$/m);
    return true;
  });
  await system().done("host.0", "HOST_ACTION_FORCE_OFF");
  expect((await system().ask("host.0", "HOST_ACTION_ON")).error?.code).toBe("INTERLOCK_DENIED");
  expect(await scraped("powermgr")).toMatch(
    /^busbar_power_operations_refused_total\{code="INTERLOCK_DENIED",reason="minimum-off-time",verb="on"\} [1-9]/m,
  );
});

test("every figure of the dashboard is declared by a running daemon", async () => {
  const [powermgr, statemgr] = await Promise.all([scraped("powermgr"), scraped("statemgr")]);
  const served = new Set([...`${powermgr}\n${statemgr}`.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const dashboard = readFileSync(join(repository(), "platforms/common/dashboard/busbar.json"), "utf8");
  const asked = [...dashboard.matchAll(/"expr": "(.*)"/g)].flatMap(([, expr = ""]) =>
    [...expr.matchAll(/\b(?:busbar|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name),
  );
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((name) => !served.has(name) && !served.has(name.replace(/_(?:bucket|sum|count)$/, "")))).toEqual(
    [],
  );
});
