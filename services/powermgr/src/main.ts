import { connectBus, refuseSecondInstance, served, startOutboxRelay } from "@busbar/bus";
import { BusbarError, type ComponentName, endpoints, isOffVerb, milliseconds, streams } from "@busbar/contracts";
import { type DaemonContext, lockDataDir, parseTraceparent, runDaemon } from "@busbar/daemon";
import { loadPlatform, type Platform, type PowerDomain, type TimedPlatform } from "@busbar/platform";
import { openControls } from "./backends/controls.ts";
import { type Config, schema } from "./config.ts";
import { Responses } from "./emergency/responses.ts";
import { openLatch, startEmergency } from "./emergency/start.ts";
import { persistingCauses, threatOfAlert, threatOfLine, threatOfLoss } from "./emergency/threats.ts";
import { actionEndpoints } from "./endpoints/actions.ts";
import { Door } from "./endpoints/door.ts";
import { emergencyEndpoints } from "./endpoints/emergency.ts";
import { explainEndpoints } from "./endpoints/explain.ts";
import { firmwareLockEndpoints } from "./endpoints/firmware-lock.ts";
import { forwardToStatemgr, tracedForward } from "./endpoints/forward.ts";
import { tellOperation } from "./endpoints/operation-events.ts";
import { operationEndpoints } from "./endpoints/operations.ts";
import { publicPowerEndpoints } from "./endpoints/public-power.ts";
import { queryEndpoints } from "./endpoints/queries.ts";
import { settingsEndpoints } from "./endpoints/settings.ts";
import { startFacts } from "./facts/listen.ts";
import { FirmwareLock } from "./interlocks/firmware-lock.ts";
import { interlocks } from "./interlocks/table.ts";
import { PowerMetrics } from "./metrics.ts";
import type { FaultLine, FaultLines } from "./monitors/fault-lines.ts";
import {
  countPoweredOn,
  followFaultLines,
  followPanel,
  followPowerLoss,
  followStandby,
  type MonitoredParts,
} from "./monitors/follow.ts";
import { panelActions } from "./monitors/panel-actions.ts";
import { PowerMonitor } from "./monitors/power-monitor.ts";
import type { StandbyPower } from "./monitors/standby-power.ts";
import { traceOperation } from "./operation-spans.ts";
import { PowerEngine } from "./operations/engine.ts";
import { isFinal } from "./operations/operation.ts";
import type { PlanView } from "./operations/plan.ts";
import { storedConfiguration } from "./settings/configuration.ts";
import { openSettings } from "./settings/open-settings.ts";
import { firmwareLockFile } from "./store/firmware-lock-file.ts";
import { Journal } from "./store/journal.ts";

const version = "0.1.0";
const compactAboveBytes = 4 * 1024 * 1024;
const closeGrace = milliseconds(1_000);

async function start(context: DaemonContext<Config>): Promise<void> {
  const { config, log, clock, health, metrics, tracer, signal, onStop } = context;
  const platform = loadPlatform(config.platform);
  const lock = lockDataDir(config.dataDir);
  onStop("data directory", () => lock.release());
  const { inForce, policies, settings } = await openSettings(context, platform);
  const figures = new PowerMetrics(metrics);
  let journalFailure: string | undefined;
  const journal = await Journal.open({
    directory: config.dataDir,
    get retainOperations() {
      return inForce().retainOperations;
    },
    get retainEvents() {
      return inForce().retainEvents;
    },
    compactAboveBytes,
    onSync: (durationMs) => figures.journalSync(durationMs),
    onFailure: (err) => {
      journalFailure = err instanceof Error ? err.message : String(err);
      log.error({ err }, "the journal can't be written");
    },
    onRecovered: () => {
      journalFailure = undefined;
      log.info("the journal is written again");
    },
  });
  onStop("journal", () => journal.close());
  if (journal.droppedBytes > 0) log.warn({ bytes: journal.droppedBytes }, "the journal had a damaged end, kept aside");

  const latch = await openLatch(context);
  const domains = powerDomains(platform);
  const controls = await openControls(platform, config.boardSocket, log);
  onStop("lines", () => controls.close());
  for (const [component, control] of controls.byComponent) {
    const report = () => {
      const missing = control.unavailable() ?? control.impaired?.();
      if (missing === undefined) log.info({ component }, "all lines held");
      else log.warn({ component, missing }, "unavailable");
    };
    report();
    control.onAvailability(report);
    health.add(component, () => {
      const missing = control.unavailable() ?? control.impaired?.();
      return missing === undefined
        ? { status: "ok" }
        : { status: "degraded", message: missing, remedy: "check the board and the platform file" };
    });
  }
  health.add("journal", () =>
    journalFailure === undefined
      ? { status: "ok" }
      : { status: "degraded", message: journalFailure, remedy: "make room on the data directory's disk" },
  );

  const monitor: PowerMonitor = new PowerMonitor({
    controls: controls.byComponent,
    journal,
    clock,
    causeOf: (component) => panel.takeCause(component),
  });
  const view: PlanView = {
    graph: platform.graph,
    domain: (component) => domainOf(domains, component),
    power: (component) => monitor.power(component),
    offFor: (component) => monitor.offFor(component),
  };
  const facts = startFacts({ platform, policies, clock, log, metrics });
  health.add("thermal data", () => facts.health());
  const firmwareLock = await FirmwareLock.open({
    file: firmwareLockFile(config.dataDir),
    clock,
    log,
    busy: () => switching(journal),
  });
  const rules = interlocks({
    facts: facts.facts,
    policies,
    zones: platform.zones,
    graph: platform.graph,
    power: (component) => monitor.power(component),
    unavailable: (component) => controls.byComponent.get(component)?.unavailable(),
    offFor: (component) => monitor.offFor(component),
    minimumOff: (component) => domainOf(domains, component).timing.minimumOff,
    firmwareLock,
    latch: () => latch.state,
    standby: (component) => standby.of(component),
    fault: (component) => faultLines.active.find((fault) => fault.component === component)?.code,
  });
  const engine = new PowerEngine({
    controls: controls.byComponent,
    view,
    journal,
    interlocks: rules,
    policies,
    clock,
    log,
    get queueLimit() {
      return inForce().queueLimit;
    },
  });
  figures.read({
    components: controls.byComponent.keys(),
    power: view.power,
    operations: () => journal.operations.values(),
    journalBytes: () => journal.bytes,
  });
  monitor.onChange(({ component, power, previous, isOperating }) => {
    if (previous !== undefined) figures.powerGood(component, power, previous, isOperating);
  });
  engine.onOutcome = (operation, outcome) => {
    figures.outcome(outcome);
    const traceId = parseTraceparent(operation.traceparent)?.traceId;
    log.info(
      {
        operation: operation.id,
        ...(traceId !== undefined && { trace_id: traceId }),
        ...outcome,
        durationMs: Math.round(outcome.durationMs),
      },
      `${outcome.verb} of ${outcome.component}`,
    );
  };
  engine.onStart = (components, id) => {
    monitor.hold(components, id);
    tellOperation(journal, id, "start");
  };
  engine.onEnd = (components, id) => {
    tellOperation(journal, id, "end");
    monitor.release(components, id);
    const operation = journal.operations.get(id);
    // Told to stop, powermgr leaves it open: the next start goes on with it.
    if (operation === undefined || !isFinal(operation.state)) return;
    figures.ended(operation);
    traceOperation(tracer, operation);
  };
  const timed: TimedPlatform = {
    domains: platform.domains,
    graph: platform.graph,
    get policies() {
      return policies();
    },
  };
  const door = new Door({
    engine: { submit: figures.admitting((request) => engine.submit(request)) },
    platform: timed,
  });
  const emergency = startEmergency({
    context,
    platform: timed,
    monitor,
    engine,
    journal,
    latch,
    persisting: () =>
      persistingCauses({ facts: facts.facts, zones: platform.zones.keys(), faultLines: faultLines.active }),
  });
  const responses = new Responses({ emergency, door, graph: platform.graph, signal, log });
  facts.onEmergency((alert, components) => responses.respond(threatOfAlert(alert, components, policies())));
  facts.onThermalDataLost((loss) => responses.respond(threatOfLoss(loss, policies())));
  const parts: MonitoredParts = {
    platform,
    domains,
    controls: controls.byComponent,
    monitor,
    journal,
    clock,
    log,
  };
  const panel = followPanel(parts, panelActions({ door, signal, log }), metrics);
  const threatOf = (fault: FaultLine) => threatOfLine(fault, policies());
  const faultLines: FaultLines = followFaultLines(
    parts,
    metrics,
    (fault) => threatOf(fault).response,
    (fault) => {
      if (fault.active) responses.respond(threatOf(fault));
    },
  );
  const standby: StandbyPower = followStandby(parts);
  const powerLoss = followPowerLoss(parts, faultLines, metrics);
  const poweredOn = countPoweredOn(parts, metrics);
  await standby.start();
  await monitor.start();
  onStop("monitors", () => {
    for (const each of [panel, monitor, powerLoss, faultLines, standby, poweredOn]) each.close();
  });
  // Hardware is safe and watched before anybody is waited for.
  engine.recover();
  // What they ask for at once finds the operations that a crash left open, and takes them over.
  await faultLines.start();
  await panel.start();

  const bus = await connectBus({ url: config.natsUrl, name: "powermgr", log, signal });
  onStop("bus", () => bus.close(closeGrace));
  figures.broker(() => bus.connected);
  await refuseSecondInstance(bus, "powermgr");
  health.add("broker", () =>
    bus.connected ? { status: "ok" } : { status: "degraded", message: "not connected", remedy: "start the broker" },
  );
  onStop("facts", () => facts.stop());
  await facts.listen(bus, signal);
  const relay = startOutboxRelay({
    bus,
    stream: streams.powermgr,
    source: { epoch: journal.epoch, after: (id) => journal.after(id), acknowledged: (id) => journal.acknowledged(id) },
    log,
  });
  onStop("events", () => relay.stop());
  journal.onEvent = () => relay.wake();
  health.add("events", () =>
    relay.problem === undefined ? { status: "ok" } : { status: "degraded", message: relay.problem },
  );
  door.forward = tracedForward(
    forwardToStatemgr(bus, () => inForce().integrationTimeout),
    tracer,
  );
  await bus.serve(
    {
      name: "powermgr",
      version,
      description: "Power control of hosts and chassis",
      endpoints: [
        ...actionEndpoints(door),
        ...publicPowerEndpoints({ door, platform: timed, clock }),
        ...emergencyEndpoints(emergency),
        ...firmwareLockEndpoints(firmwareLock, clock),
        ...explainEndpoints({ engine, interlocks: rules, view, controls: controls.byComponent }),
        ...queryEndpoints({
          platform,
          controls: controls.byComponent,
          monitor,
          engine,
          emergency,
          firmwareLock,
          clock,
        }),
        ...settingsEndpoints(settings),
        ...operationEndpoints({ engine, journal, clock }),
        served(endpoints.powermgrHealth, () => ({ message: health.report() })),
      ],
    },
    signal,
  );

  onStop("operations", () => engine.stop());
}

const powerDomains = (platform: Platform): ReadonlyMap<ComponentName, PowerDomain> =>
  new Map(
    [...platform.domains.values()].filter((domain) => domain.kind !== "bmc").map((domain) => [domain.name, domain]),
  );

/** An operation that would go on to switch on or reset something. */
function switching(journal: Journal): string | undefined {
  for (const { state, verb, component } of journal.operations.values()) {
    if (!isFinal(state) && !isOffVerb(verb)) return `${verb} of ${component}`;
  }
  return undefined;
}

function domainOf(domains: ReadonlyMap<ComponentName, PowerDomain>, component: ComponentName): PowerDomain {
  const domain = domains.get(component);
  if (domain) return domain;
  throw new BusbarError("NOT_FOUND", `the platform has no power domain ${component}`, { component });
}

await runDaemon({
  name: "powermgr",
  version,
  summary: "power control of hosts and chassis",
  schema,
  stored: storedConfiguration,
  start,
});
