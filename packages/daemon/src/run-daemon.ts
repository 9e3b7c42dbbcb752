import { asBusbarError } from "@busbar/contracts";
import type convict from "convict";
import { type Clock, systemClock } from "./clock.ts";
import { loadConfig } from "./config.ts";
import { Health } from "./health.ts";
import { createLog, type Log } from "./log.ts";

export interface DaemonContext<T> {
  readonly config: T;
  readonly log: Log;
  readonly clock: Clock;
  readonly health: Health;
  /** Aborted when the daemon is told to stop, also while it is still starting. */
  readonly signal: AbortSignal;
}

export interface Daemon<T> {
  readonly name: string;
  readonly version: string;
  readonly schema: convict.Schema<T>;
  /** Resolves when it serves, with what stops it again. */
  start(context: DaemonContext<T>): Promise<() => Promise<void>>;
}

const stopWithinMs = 3_500;

/** sysexits.h: configuration, software. */
const exitCodes = { config: 78, software: 70 } as const;

/** Runs a daemon until SIGTERM or SIGINT. */
export async function runDaemon<T extends { logLevel: string }>(daemon: Daemon<T>): Promise<void> {
  let config: T;
  try {
    config = loadConfig(daemon.schema, { argv: process.argv.slice(2), env: process.env });
  } catch (error) {
    process.stderr.write(`${daemon.name}: ${asBusbarError(error).message}\n`);
    process.exit(exitCodes.config);
  }
  const log = createLog({ name: daemon.name, level: config.logLevel });
  const stopping = new AbortController();
  const fatal = (err: unknown) => {
    log.fatal({ err }, "stopped by a bug");
    process.exit(exitCodes.software);
  };
  process.on("uncaughtException", fatal);
  process.on("unhandledRejection", fatal);

  const told = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        stopping.abort();
        resolve();
      });
    }
  });
  let stop: () => Promise<void>;
  try {
    stop = await daemon.start({
      config,
      log,
      clock: systemClock(),
      health: new Health(daemon.version),
      signal: stopping.signal,
    });
  } catch (err) {
    if (stopping.signal.aborted) process.exit(0);
    log.fatal({ err }, "can't start");
    process.exit(asBusbarError(err).code === "INTERNAL" ? exitCodes.software : exitCodes.config);
  }
  log.info("ready");
  await told;
  setTimeout(() => {
    log.error("did not stop in time");
    process.exit(1);
  }, stopWithinMs).unref();
  await stop();
  log.info("stopped");
  process.exit(0);
}
