import type { Metrics } from "./metrics.ts";

/** What every process tells of itself, under the names that Prometheus' own client libraries use. Read at scrapes only. */
export function addProcessMetrics(metrics: Metrics, { name, version }: { name: string; version: string }): void {
  const gauge = (metric: string, help: string, source: () => number) =>
    metrics.gauge({ name: metric, help }).read(source);
  metrics.gauge({ name: "busbar_build_info", help: "1, with the version" }).set(1, { service: name, version });
  const startedAt = Date.now() / 1000 - process.uptime();
  gauge("process_start_time_seconds", "Start of the process, seconds since 1970", () => startedAt);
  gauge("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
  gauge("nodejs_heap_size_used_bytes", "Used heap of V8", () => process.memoryUsage().heapUsed);
  gauge("process_cpu_seconds_total", "CPU time, user and system", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  let last = performance.eventLoopUtilization();
  gauge("nodejs_eventloop_utilization", "Busy share of the event loop since the last scrape, 0 to 1", () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  });
}
