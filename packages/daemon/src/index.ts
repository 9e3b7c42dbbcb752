export { type Clock, systemClock } from "./clock.ts";
export { type ConfigSources, type EffectiveSetting, type LoadedConfig, loadConfig } from "./config/load-config.ts";
export {
  type ConfigOf,
  choice,
  duration,
  flag,
  optional,
  type Setting,
  secret,
  text,
  wholeNumber,
} from "./config/setting.ts";
export type { Daemon, DaemonContext } from "./daemon.ts";
export { type DataDirLock, lockDataDir } from "./data-dir-lock.ts";
export { exitCodes } from "./exit-codes.ts";
export { FakeClock } from "./fake-clock.ts";
export { type CheckResult, Health, type HealthSummary } from "./health.ts";
export { createLog, type Log, type LogOptions } from "./log.ts";
export { type Counter, type Gauge, type Histogram, type Labels, type MetricOptions, Metrics } from "./metrics.ts";
export { runDaemon } from "./run-daemon.ts";
export type { StopStep } from "./stop-steps.ts";
export type { EndedSpan } from "./tracing/otlp.ts";
export { parseTraceparent } from "./tracing/trace-context.ts";
export { createTracer, type Span, type Tracer } from "./tracing/tracer.ts";
