import { join } from "node:path";
import { busbar, type ComponentName, kindOf, subjects } from "@busbar/contracts";
import type { DaemonContext } from "@busbar/daemon";
import { operationTime, type TimedPlatform } from "@busbar/platform";
import { emergencyMessage } from "../endpoints/emergency.ts";
import type { PowerMonitor } from "../monitors/power-monitor.ts";
import type { PowerEngine } from "../operations/engine.ts";
import type { Journal } from "../store/journal.ts";
import { Emergency } from "./emergency.ts";
import { Latch } from "./latch.ts";

export interface EmergencyStart {
  readonly context: Pick<
    DaemonContext<{ readonly dataDir: string; readonly runDir: string }>,
    "log" | "clock" | "config" | "health" | "metrics" | "onStop"
  >;
  readonly platform: TimedPlatform;
  readonly monitor: PowerMonitor;
  readonly engine: PowerEngine;
  readonly journal: Journal;
  readonly latch: Latch;
  readonly persisting: () => readonly string[];
}

export async function openLatch({
  config,
  log,
  clock,
  health,
  metrics,
  onStop,
}: EmergencyStart["context"]): Promise<Latch> {
  const latch = await Latch.open({
    directories: [config.runDir, join(config.dataDir, "emergency")],
    log,
    now: () => clock.now(),
  });
  onStop("emergency latch", () => latch.close());
  if (latch.state !== undefined) log.error({ latch: latch.state }, "the emergency latch is set");
  health.add("emergency latch", () => {
    if (latch.problem !== undefined)
      return { status: "degraded", message: latch.problem, remedy: "make the latch's directory writable" };
    if (latch.state === undefined) return { status: "ok" };
    return {
      status: "degraded",
      message: `set: ${latch.state.reason}`,
      remedy: "remove the cause, then clear it (powermgr.system.emergency.clear)",
    };
  });
  metrics
    .gauge({ name: "busbar_emergency_latched", help: "1 while nothing may be switched on after an emergency" })
    .read(() => (latch.state === undefined ? 0 : 1));
  return latch;
}

export function startEmergency({
  context,
  platform,
  monitor,
  engine,
  journal,
  latch,
  persisting,
}: EmergencyStart): Emergency {
  const { clock, log, metrics } = context;
  const emergencies = metrics.counter({ name: "busbar_emergencies_total", help: "Emergencies that cut power" });
  const emergency = new Emergency({
    domains: new Set([...platform.domains.keys()].filter((name) => kindOf(name) !== "bmc")),
    graph: platform.graph,
    power: (component: ComponentName) => monitor.power(component),
    latch,
    submit: (request) => engine.submit(request),
    operations: () => journal.operations.values(),
    timeout: (component) => operationTime(platform, component, "emergency-off"),
    persisting,
    clock,
    log,
  });
  emergency.onChange = (state, trigger) => {
    if (trigger !== undefined) emergencies.add(1, { source: trigger.source });
    const status = emergencyMessage(state, persisting());
    void journal.event(subjects.emergency, busbar.v1.EmergencyEvent.encode({ status }).finish());
  };
  return emergency;
}
