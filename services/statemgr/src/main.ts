import { type Bus, connectBus, type OutboxRow, refuseSecondInstance, served, startOutboxRelay } from "@busbar/bus";
import { endpoints, headers, milliseconds, streams } from "@busbar/contracts";
import { type DaemonContext, lockDataDir, runDaemon } from "@busbar/daemon";
import { loadPlatform } from "@busbar/platform";
import { type Config, schema } from "./config.ts";
import { actionEndpoints } from "./endpoints/actions.ts";
import { explainEndpoints } from "./endpoints/explain.ts";
import { queryEndpoints } from "./endpoints/queries.ts";
import { ChangeLog } from "./operations/change-log.ts";
import { Ledger } from "./operations/ledger.ts";
import { Observer } from "./operations/observer.ts";
import { followPowerEvents } from "./operations/power-events.ts";
import { PowerLink } from "./operations/power-link.ts";
import { Pursuit } from "./operations/pursuit.ts";
import { CommitQueue } from "./store/commit-queue.ts";
import { openDatabase } from "./store/database.ts";
import { type OutboxTableRow, tables as prepareTables } from "./store/tables.ts";

const version = "0.1.0";
const closeGrace = milliseconds(1_000);
const askEveryMs = 1_000;

async function start(context: DaemonContext<Config>): Promise<void> {
  const { config, log, clock, health, metrics, tracer, signal, onStop } = context;
  const platform = loadPlatform(config.platform);
  const lock = lockDataDir(config.dataDir);
  onStop("data directory", () => lock.release());
  const { database, epoch, keptAside } = openDatabase(config.dataDir);
  if (keptAside !== undefined) log.error({ keptAside }, "the database was damaged; the state is rebuilt from hardware");
  onStop("database", () => void database.close());
  const tables = prepareTables(database);

  const bus = await connectBus({ url: config.natsUrl, name: "statemgr", log, signal });
  onStop("bus", () => bus.close(closeGrace));
  metrics
    .gauge({ name: "busbar_broker_connected", help: "1 while the daemon is connected to its broker" })
    .read(() => (bus.connected ? 1 : 0));
  await refuseSecondInstance(bus, "statemgr");
  const relay = startOutboxRelay({
    bus,
    stream: streams.statemgr,
    source: { epoch, after: (id) => eventOf(tables.nextOutbox(id)), acknowledged: () => {} },
    log,
  });
  onStop("events", () => relay.stop());
  let storageFailure: string | undefined;
  const commits = new CommitQueue(database, {
    committed: () => {
      storageFailure = undefined;
      relay.wake();
    },
    failed: (err) => {
      storageFailure = err instanceof Error ? err.message : String(err);
      log.error({ err }, "changes can't be stored");
    },
  });
  const changes = new ChangeLog(tables, epoch, {
    stateChanges: config.retainStateChanges,
    events: config.retainEvents,
    published: () => relay.position,
  });
  const counted = metrics.counter({ name: "busbar_state_changes_total", help: "State changes recorded" });
  changes.onChange = ({ component, reason }) => counted.add(1, { component, reason: reason.toLowerCase() });
  const ledger = new Ledger(tables, changes, platform.graph, clock);
  const link = new PowerLink(bus, config.integrationTimeout);
  const pursuit = new Pursuit({
    ledger,
    tables,
    commits,
    link,
    clock,
    log,
    askEveryMs,
    onLateEnd: () => observer.look(),
  });
  const observer = new Observer({ platform, link, ledger, commits, log });
  health.add("broker", () =>
    bus.connected ? { status: "ok" } : { status: "degraded", message: "not connected", remedy: "start the broker" },
  );
  health.add("database", () =>
    storageFailure === undefined
      ? { status: "ok" }
      : { status: "failed", message: storageFailure, remedy: "make room on the data directory's disk" },
  );
  health.add("events", () =>
    relay.problem === undefined ? { status: "ok" } : { status: "degraded", message: relay.problem },
  );
  health.add("powermgr", () => observer.health());

  await followPowerEvents({ bus, platform, commits, ledger, pursuit, log });
  const catchUp = () => {
    observer.look();
    pursuit.resume();
  };
  const unsubscribe = onReconnect(bus, catchUp);
  // Open operations first: what powermgr's journal says of them counts for more than where power-good stands.
  catchUp();

  await bus.serve(
    {
      name: "statemgr",
      version,
      description: "State of hosts and chassis",
      endpoints: [
        ...actionEndpoints({
          platform,
          tables,
          commits,
          ledger,
          pursuit,
          clock,
          tracer,
          requestLimit: config.requestLimit,
        }),
        ...explainEndpoints({ platform, ledger, link }),
        ...queryEndpoints({ platform, tables, epoch }),
        served(endpoints.statemgrHealth, () => ({ message: health.report() })),
      ],
    },
    signal,
  );

  onStop("operations", async () => {
    unsubscribe();
    await observer.stop();
    await pursuit.stop();
  });
}

/** As the relay publishes it. */
const eventOf = (row: OutboxTableRow | undefined): OutboxRow | undefined =>
  row && {
    id: row.id,
    subject: row.subject,
    data: row.data,
    ...(row.traceparent !== null && { headers: { [headers.traceparent]: row.traceparent } }),
  };

const onReconnect = (bus: Bus, listener: () => void) =>
  bus.onStatus((status) => {
    if (status === "reconnected") listener();
  });

await runDaemon({ name: "statemgr", version, summary: "state of hosts, chassis and controllers", schema, start });
