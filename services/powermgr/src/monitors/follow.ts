import type { DomainControl } from "@busbar/backend";
import type { ComponentName } from "@busbar/contracts";
import type { Clock, Log, Metrics } from "@busbar/daemon";
import type { FaultResponse, Platform, PowerDomain } from "@busbar/platform";
import type { Journal } from "../store/journal.ts";
import { type FaultLine, FaultLines } from "./fault-lines.ts";
import { FrontPanel } from "./front-panel.ts";
import type { PanelAct } from "./panel-actions.ts";
import { PowerLoss } from "./power-loss.ts";
import type { PowerMonitor } from "./power-monitor.ts";
import { PoweredOn } from "./powered-on.ts";
import { StandbyPower } from "./standby-power.ts";

/** What the monitors beside power-good's are made of. */
export interface MonitoredParts {
  readonly platform: Platform;
  readonly domains: ReadonlyMap<ComponentName, PowerDomain>;
  readonly controls: ReadonlyMap<ComponentName, DomainControl>;
  readonly monitor: PowerMonitor;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
}

export function followPanel(parts: MonitoredParts, act: PanelAct, metrics: Metrics): FrontPanel {
  const { domains, controls, monitor, clock, log } = parts;
  const presses = metrics.counter({ name: "busbar_panel_presses_total", help: "Presses of front-panel buttons" });
  return new FrontPanel({
    domains,
    controls,
    power: (component) => monitor.power(component),
    act: (component, action, actor) => void act(component, action, actor),
    onEvent: (event) => {
      log.info({ ...event, heldMs: Math.round(event.heldMs) }, `${event.button} of the panel: ${event.kind}`);
      if (event.kind === "press") presses.add(1, { component: event.component, button: event.button });
    },
    clock,
  });
}

export function followFaultLines(
  { controls, journal, clock, log }: MonitoredParts,
  metrics: Metrics,
  response: (fault: FaultLine) => FaultResponse,
  onFault: (fault: FaultLine) => void,
): FaultLines {
  const faults = metrics.counter({ name: "busbar_fault_lines_total", help: "Faults that lines told of" });
  return new FaultLines({
    controls,
    journal,
    clock,
    response,
    onFault: (fault) => {
      onFault(fault);
      log.warn({ ...fault }, fault.active ? "a fault line is active" : "a fault line is no longer active");
      if (fault.active) faults.add(1, { component: fault.component, code: fault.code });
    },
  });
}

export function followStandby({ controls, journal, clock, log }: MonitoredParts): StandbyPower {
  return new StandbyPower({
    controls,
    journal,
    clock,
    onChange: (component, standby) => {
      if (standby === "good") log.info({ component }, "standby power is good");
      else log.warn({ component, standby }, "standby power is not good");
    },
  });
}

export function followPowerLoss(
  { platform, controls, monitor, journal, clock, log }: MonitoredParts,
  faultLines: FaultLines,
  metrics: Metrics,
): PowerLoss {
  const losses = metrics.counter({ name: "busbar_power_losses_total", help: "Power that was lost without a request" });
  const loss = new PowerLoss({
    graph: platform.graph,
    controls,
    power: (component) => monitor.power(component),
    recentFaults: (component, ms) => faultLines.recent(component, ms),
    journal,
    clock,
    onLoss: (component, cause) => {
      log.warn({ component, source: cause.source, cause: cause.message }, "power was lost without a request");
      losses.add(1, { component, fault: String(cause.isFault) });
    },
  });
  monitor.onChange((change) => loss.see(change));
  return loss;
}

export function countPoweredOn({ domains, monitor, journal, clock }: MonitoredParts, metrics: Metrics): PoweredOn {
  const total = metrics.counter({
    name: "busbar_powered_on_seconds_total",
    help: "How long a component has been powered",
  });
  const count = new PoweredOn({ journal, clock });
  for (const component of domains.keys()) total.read(() => count.seconds(component), { component });
  monitor.onChange((change) => count.see(change));
  return count;
}
