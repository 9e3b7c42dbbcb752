import { describe, expect, test } from "vitest";
import { Metrics } from "./metrics.ts";
import { addProcessMetrics } from "./process-metrics.ts";

describe("figures", () => {
  test("are written in Prometheus' text format", () => {
    const metrics = new Metrics();
    const total = metrics.counter({ name: "busbar_operations_total", help: "Ended operations" });
    total.add(2, { verb: "on", outcome: "ok" });
    total.add(1, { outcome: "ok", verb: "on" });
    total.add();
    metrics.gauge({ name: "busbar_queue_depth", help: "Open operations" }).set(3);
    const seconds = metrics.histogram({ name: "busbar_press_seconds", help: "Width", buckets: [0.1, 0.2] });
    seconds.observe(0.1, { host: "host.0" });
    seconds.observe(0.5, { host: "host.0" });
    expect(metrics.text()).toBe(
      [
        "# HELP busbar_operations_total Ended operations",
        "# TYPE busbar_operations_total counter",
        'busbar_operations_total{outcome="ok",verb="on"} 3',
        "busbar_operations_total 1",
        "# HELP busbar_queue_depth Open operations",
        "# TYPE busbar_queue_depth gauge",
        "busbar_queue_depth 3",
        "# HELP busbar_press_seconds Width",
        "# TYPE busbar_press_seconds histogram",
        'busbar_press_seconds_bucket{host="host.0",le="0.1"} 1',
        'busbar_press_seconds_bucket{host="host.0",le="0.2"} 1',
        'busbar_press_seconds_bucket{host="host.0",le="+Inf"} 2',
        'busbar_press_seconds_sum{host="host.0"} 0.6',
        'busbar_press_seconds_count{host="host.0"} 2',
        "",
      ].join("\n"),
    );
  });

  test("escape what would break their lines", () => {
    const metrics = new Metrics();
    metrics.gauge({ name: "g", help: "a\\b\nc" }).set(Number.POSITIVE_INFINITY, { path: 'a"b\\c\nd' });
    expect(metrics.text()).toBe('# HELP g a\\\\b\\nc\n# TYPE g gauge\ng{path="a\\"b\\\\c\\nd"} +Inf\n');
  });

  test("that are read are read at every scrape", () => {
    const metrics = new Metrics();
    let depth = 1;
    metrics.gauge({ name: "depth", help: "d" }).read(() => depth);
    expect(metrics.text()).toContain("depth 1\n");
    depth = 2;
    expect(metrics.text()).toContain("depth 2\n");
  });

  test("that only grow can be read at every scrape too", () => {
    const metrics = new Metrics();
    let seconds = 1;
    metrics.counter({ name: "on_seconds_total", help: "s" }).read(() => seconds, { component: "host.0" });
    seconds = 2.5;
    expect(metrics.text()).toContain('on_seconds_total{component="host.0"} 2.5\n');
  });

  test("don't grow without end by a label that is an id", () => {
    const metrics = new Metrics();
    const total = metrics.counter({ name: "c_total", help: "c" });
    for (let id = 0; id < 5_000; id += 1) total.add(1, { id: String(id) });
    expect(metrics.text().split("\n").length).toBeLessThan(1_010);
  });

  test.each([
    ["a name that is none", (metrics: Metrics) => metrics.gauge({ name: "busbar-depth", help: "" })],
    ["a name that is taken", (metrics: Metrics) => metrics.gauge({ name: "taken", help: "" })],
    ["a counter that goes back", (metrics: Metrics) => metrics.counter({ name: "c_total", help: "" }).add(-1)],
    ["a counter of nothing", (metrics: Metrics) => metrics.counter({ name: "c_total", help: "" }).add(Number.NaN)],
    ["buckets that don't grow", (metrics: Metrics) => metrics.histogram({ name: "h", help: "", buckets: [2, 1] })],
  ])("refuse %s", (_, act) => {
    const metrics = new Metrics();
    metrics.gauge({ name: "taken", help: "" });
    expect(() => act(metrics)).toThrow();
  });

  test("of the process are there", () => {
    const metrics = new Metrics();
    addProcessMetrics(metrics, { name: "powermgr", version: "1.2.3" });
    const text = metrics.text();
    expect(text).toContain('busbar_build_info{service="powermgr",version="1.2.3"} 1');
    for (const name of ["process_resident_memory_bytes", "process_cpu_seconds_total", "nodejs_heap_size_used_bytes"]) {
      expect(Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1])).toBeGreaterThan(0);
    }
  });
});
