import type convict from "convict";
import type { Clock } from "./clock.ts";
import type { EffectiveSetting } from "./config/load-config.ts";
import type { Health } from "./health.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { StopStep } from "./stop-steps.ts";
import type { Tracer } from "./tracing/tracer.ts";

export type ReloadListener<T> = (config: T, filedSettings: readonly EffectiveSetting[]) => void;

export interface DaemonContext<T> {
  readonly config: T;
  /** What defaults, file, environment and flags say of each key: without what was changed at run time. */
  readonly filedSettings: readonly EffectiveSetting[];
  readonly log: Log;
  readonly clock: Clock;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  /** Aborted when the daemon is told to stop, also while it is still starting. */
  readonly signal: AbortSignal;
  /**
   * To be undone at the end, the last thing first; also when `start` throws after this. What `start` returns comes
   * before all of these.
   */
  onStop(name: string, stop: StopStep): void;
  /** Told on SIGHUP, with the configuration read anew, when it is good. The log level follows by itself. */
  onReload(listener: ReloadListener<T>): void;
  /**
   * Called when a bug ends the process, before it does: to let go of what must not stay held. Has 500 ms, and must not
   * rely on anything else working.
   */
  onFatal(listener: () => void | Promise<void>): void;
}

/** What every daemon is configured with besides its own (daemon-settings.ts). */
export interface DaemonConfig {
  readonly logLevel: string;
  readonly metricsPort: number | null;
  readonly otlpEndpoint: string | null;
}

/** @typeParam T what `start` gets as its configuration: the schema's values, and of DaemonConfig what it wants to know. */
export interface Daemon<T> {
  /** `powermgr`: the name in logs, and BUSBAR_POWERMGR_… in the environment. */
  readonly name: string;
  readonly version: string;
  /** One line for --help. */
  readonly summary?: string;
  readonly schema: convict.Schema<Omit<T, keyof DaemonConfig>>;
  /**
   * What was changed while it ran, by path, in the notation of flags. Called before each start and at each reload, for
   * --print-config too, when another process may be running: it only reads, and never throws.
   */
  stored?(config: T & DaemonConfig): Promise<ReadonlyMap<string, string>>;
  /** Resolves when it serves, with what stops it again. */
  start(context: DaemonContext<T>): Promise<StopStep> | Promise<void>;
}
