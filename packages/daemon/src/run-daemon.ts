import { asBusbarError, BusbarError } from "@busbar/contracts";
import { systemClock } from "./clock.ts";
import { readCommandLine } from "./config/command-line.ts";
import { type ConfigSources, type EffectiveSetting, type LoadedConfig, loadSchema } from "./config/load-config.ts";
import { settingRows } from "./config/setting-rows.ts";
import { type HelpText, shownConfig, shownHelp } from "./config/show-config.ts";
import type { Daemon, DaemonConfig, DaemonContext, ReloadListener } from "./daemon.ts";
import { daemonSettings } from "./daemon-settings.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { Health } from "./health.ts";
import { createLog, type Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { startStatusServer } from "./status-server.ts";
import { StopSteps } from "./stop-steps.ts";
import { statusLine, systemdNotify } from "./systemd-notify.ts";
import { startTracing } from "./tracing/start-tracing.ts";

/** Below the 4 s that the launcher waits before it kills, so that the log says what hung. */
const stopWithinMs = 3_500;
const fatalWithinMs = 500;

/** Runs a daemon until SIGTERM or SIGINT, and ends the process (exit-codes.ts says how). */
export async function runDaemon<T>(daemon: Daemon<T>): Promise<void> {
  const { name, version } = daemon;
  const sources = { program: name, argv: process.argv.slice(2), env: process.env };
  const schema = { ...daemonSettings(name), ...daemon.schema };
  const load = () => loadStored(daemon, schema, sources);
  const { values: config, filedSettings, warnings } = await answerOrLoad(daemon, schema, sources, load);
  const log = createLog({ name, level: config.logLevel });
  for (const warning of warnings) log.warn(warning);

  const stopping = new AbortController();
  const steps = new StopSteps();
  const reloadListeners: ReloadListener<T>[] = [];
  const fatalListeners: (() => void | Promise<void>)[] = [];
  endOnBugs(log, fatalListeners);
  const told = untilTold(log, stopping);
  process.on("SIGHUP", () => void reload(load, log, reloadListeners));

  const metrics = new Metrics();
  const health = new Health(version);
  addProcessMetrics(metrics, daemon);
  const systemd = systemdNotify({ env: process.env, log, describe: () => statusLine(health.summary()) });
  stopping.signal.addEventListener("abort", () => systemd.stopping(), { once: true });
  const clock = systemClock();
  const tracing = startTracing({
    clock,
    endpoint: config.otlpEndpoint,
    resource: { service: name, version },
    metrics,
    log,
  });
  steps.add("traces", () => tracing.close());
  const context: DaemonContext<T> = {
    config,
    filedSettings,
    log,
    clock,
    health,
    metrics,
    tracer: tracing.tracer,
    signal: stopping.signal,
    onStop: (step, stop) => steps.add(step, stop),
    onReload: (listener) => void reloadListeners.push(listener),
    onFatal: (listener) => void fatalListeners.push(listener),
  };

  setInterval(() => {}, 2 ** 30); // it ends when told, not when it has nothing to wait for
  let exitCode: number = exitCodes.stopped;
  try {
    if (config.metricsPort !== null) {
      const server = await startStatusServer(config.metricsPort, metrics, health);
      steps.add("metrics", () => server.close());
      log.info({ metricsPort: server.port }, "metrics are served");
    }
    const stop = await daemon.start(context);
    if (stop !== undefined) steps.add(name, stop);
    systemd.ready();
    log.info("ready");
    await told;
  } catch (err) {
    if (stopping.signal.aborted) {
      log.info({ err }, "told to stop before it was ready");
    } else {
      exitCode = exitCodeOf(err);
      log.fatal({ err, exitCode }, "can't start");
      stopping.abort(err);
      endIfLate(log);
    }
  }
  const failed = await steps.run(log);
  if (failed.length > 0 && exitCode === exitCodes.stopped) exitCode = exitCodes.failed;
  log.info("stopped");
  process.exit(exitCode);
}

interface LoadedDaemonConfig<T> extends LoadedConfig<T & DaemonConfig> {
  readonly filedSettings: readonly EffectiveSetting[];
}

/** Where the daemon keeps what was changed at run time is itself configured: hence twice. */
async function loadStored<T>(
  daemon: Daemon<T>,
  schema: object,
  sources: ConfigSources,
): Promise<LoadedDaemonConfig<T>> {
  const filed = loadSchema<T & DaemonConfig>(schema, sources);
  const stored = await daemon.stored?.(filed.values);
  const loaded = stored === undefined ? filed : loadSchema<T & DaemonConfig>(schema, { ...sources, stored });
  return { ...loaded, filedSettings: filed.settings };
}

/** --help and its like are answered and end the process; so does a bad configuration. */
async function answerOrLoad<T>(
  help: HelpText,
  schema: object,
  sources: ConfigSources,
  load: () => Promise<LoadedDaemonConfig<T>>,
): Promise<LoadedDaemonConfig<T>> {
  const { name, version } = help;
  const rows = settingRows(schema);
  const { mode } = readCommandLine(sources.argv, rows);
  const say = (text: string) => process.stdout.write(text);
  if (mode === "help") end(say, shownHelp(help, rows));
  if (mode === "version") end(say, `${name} ${version}\n`);
  try {
    const loaded = await load();
    if (mode === "check-config") end(say, [...loaded.warnings, "the configuration is good\n"].join("\n"));
    if (mode === "print-config") end(say, shownConfig(loaded.settings));
    return loaded;
  } catch (error) {
    const { message, remedy } = asBusbarError(error);
    process.stderr.write(`${name}: the configuration is wrong: ${message}\n${name}: ${remedy}\n`);
    process.exit(exitCodeOf(error));
  }
}

function end(say: (text: string) => void, text: string): never {
  say(text);
  process.exit(exitCodes.stopped);
}

/** Resolves on the first SIGTERM or SIGINT; whoever sends a second one doesn't want to wait. */
function untilTold(log: Log, stopping: AbortController): Promise<void> {
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals) => {
      if (stopping.signal.aborted) {
        log.warn({ signal }, "told to stop again: ends at once");
        process.exit(exitCodes.failed);
      }
      log.info({ signal }, "stopping");
      stopping.abort(new BusbarError("ABORTED", `told to stop by ${signal}`));
      endIfLate(log);
      resolve();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

/** Whatever still runs then, start or stop, is not waited for. */
function endIfLate(log: Log): void {
  const late = () => {
    log.error({ stopWithinMs }, "did not stop in time");
    process.exit(exitCodes.failed);
  };
  setTimeout(late, stopWithinMs).unref();
}

/** Nobody knows what state is left after an unforeseen exception: a fresh process does. */
function endOnBugs(log: Log, listeners: readonly (() => void | Promise<void>)[]): void {
  let isEnding = false;
  const onBug = (err: unknown) => {
    log.fatal({ err }, "stopped by a bug");
    if (isEnding) return;
    isEnding = true;
    const finish = () => process.exit(exitCodes.software);
    setTimeout(finish, fatalWithinMs);
    const work = listeners.map(async (listener) => listener());
    void Promise.allSettled(work).then(finish);
  };
  process.on("uncaughtException", onBug);
  process.on("unhandledRejection", onBug);
}

async function reload<T>(
  load: () => Promise<LoadedDaemonConfig<T>>,
  log: Log,
  listeners: readonly ReloadListener<T>[],
): Promise<void> {
  try {
    const { values, filedSettings } = await load();
    log.level = values.logLevel;
    log.info("configuration read again");
    for (const listener of listeners) listener(values, filedSettings);
  } catch (err) {
    log.error({ err }, "the new configuration is wrong; the old one stays");
  }
}
