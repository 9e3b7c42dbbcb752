import { connectBus, refuseSecondInstance, served, startOutboxRelay } from "@busbar/bus";
import { BusbarError, type ComponentName, endpoints, milliseconds, streams } from "@busbar/contracts";
import { type DaemonContext, lockDataDir, parseTraceparent, runDaemon } from "@busbar/daemon";
import { loadPlatform, type Platform, type PowerDomain } from "@busbar/platform";
import { openControls } from "./backends/controls.ts";
import { type Config, schema } from "./config.ts";
import { openLatch, startEmergency } from "./emergency/start.ts";
import { actionEndpoints } from "./endpoints/actions.ts";
import { Door } from "./endpoints/door.ts";
import { emergencyEndpoints } from "./endpoints/emergency.ts";
import { forwardToStatemgr, tracedForward } from "./endpoints/forward.ts";
import { publicPowerEndpoints } from "./endpoints/public-power.ts";
import { queryEndpoints } from "./endpoints/queries.ts";
import { emergencyLatch } from "./interlocks/emergency-latch.ts";
import { minimumOffTime } from "./interlocks/minimum-off-time.ts";
import { PowerMetrics } from "./metrics.ts";
import { PowerMonitor } from "./monitors/power-monitor.ts";
import { traceOperation } from "./operation-spans.ts";
import { PowerEngine } from "./operations/engine.ts";
import { isFinal } from "./operations/operation.ts";
import type { PlanView } from "./operations/plan.ts";
import { Journal } from "./store/journal.ts";

const version = "0.1.0";
const compactAboveBytes = 4 * 1024 * 1024;
const closeGrace = milliseconds(1_000);

async function start(context: DaemonContext<Config>): Promise<void> {
  const { config, log, clock, health, metrics, tracer, signal, onStop } = context;
  const platform = loadPlatform(config.platform);
  const lock = lockDataDir(config.dataDir);
  onStop("data directory", () => lock.release());
  const figures = new PowerMetrics(metrics);
  let journalFailure: string | undefined;
  const journal = await Journal.open({
    directory: config.dataDir,
    retainOperations: config.retainOperations,
    retainEvents: config.retainEvents,
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
  const controls = await openControls(platform, config.boardSocket);
  onStop("lines", () => controls.close());
  for (const [component, control] of controls.byComponent) {
    const report = () => {
      const missing = control.unavailable();
      if (missing === undefined) log.info({ component }, "all lines held");
      else log.warn({ component, missing }, "unavailable");
    };
    report();
    control.onAvailability(report);
    health.add(component, () => {
      const missing = control.unavailable();
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

  const monitor = new PowerMonitor({ controls: controls.byComponent, journal, clock });
  const view: PlanView = {
    graph: platform.graph,
    domain: (component) => domainOf(domains, component),
    power: (component) => monitor.power(component),
    offFor: (component) => monitor.offFor(component),
  };
  const engine = new PowerEngine({
    controls: controls.byComponent,
    view,
    journal,
    interlocks: [
      emergencyLatch(() => latch.state),
      minimumOffTime({
        offFor: (component) => monitor.offFor(component),
        minimumOff: (component) => domainOf(domains, component).timing.minimumOff,
      }),
    ],
    clock,
    log,
    queueLimit: config.queueLimit,
  });
  figures.read({
    components: controls.byComponent.keys(),
    power: view.power,
    operations: () => journal.operations.values(),
    journalBytes: () => journal.bytes,
  });
  monitor.onChange = (...change) => figures.powerGood(...change);
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
  engine.onStart = (components, id) => monitor.hold(components, id);
  engine.onEnd = (components, id) => {
    monitor.release(components, id);
    const operation = journal.operations.get(id);
    // Told to stop, powermgr leaves it open: the next start goes on with it.
    if (operation === undefined || !isFinal(operation.state)) return;
    figures.ended(operation);
    traceOperation(tracer, operation);
  };
  await monitor.start();
  onStop("monitor", () => monitor.close());
  const emergency = startEmergency({ context, platform, monitor, engine, journal, latch, persisting: () => [] });
  // Hardware is safe and watched before anybody is waited for.
  engine.recover();

  const bus = await connectBus({ url: config.natsUrl, name: "powermgr", log, signal });
  onStop("bus", () => bus.close(closeGrace));
  figures.broker(() => bus.connected);
  await refuseSecondInstance(bus, "powermgr");
  health.add("broker", () =>
    bus.connected ? { status: "ok" } : { status: "degraded", message: "not connected", remedy: "start the broker" },
  );
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
  const door = new Door({
    engine: { submit: figures.admitting((request) => engine.submit(request)) },
    platform,
    forward: tracedForward(forwardToStatemgr(bus, config.integrationTimeout), tracer),
  });
  await bus.serve(
    {
      name: "powermgr",
      version,
      description: "Power control of hosts and chassis",
      endpoints: [
        ...actionEndpoints(door),
        ...publicPowerEndpoints({ door, platform, clock }),
        ...emergencyEndpoints(emergency),
        ...queryEndpoints({ platform, controls: controls.byComponent, monitor, engine, emergency, journal, clock }),
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

function domainOf(domains: ReadonlyMap<ComponentName, PowerDomain>, component: ComponentName): PowerDomain {
  const domain = domains.get(component);
  if (domain) return domain;
  throw new BusbarError("NOT_FOUND", `the platform has no power domain ${component}`, { component });
}

await runDaemon({ name: "powermgr", version, summary: "power control of hosts and chassis", schema, start });
