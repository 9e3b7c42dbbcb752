export { type Clock, FakeClock, systemClock } from "./clock.ts";
export { type CheckResult, Health } from "./health.ts";
export { createLog, type Log } from "./log.ts";
export { type Daemon, type DaemonContext, runDaemon } from "./run-daemon.ts";
