import { join, resolve } from "node:path";
import { BusbarError } from "@busbar/contracts";
import { type RunFile, readJsonFile, readRunFile, unreadable } from "./run-file.ts";

export interface FoundSystem {
  readonly natsUrl: string;
  /** Simulated boards only. */
  readonly boardSocket: string | undefined;
  /** What named it, for messages. */
  readonly namedBy: string;
}

/** What the user said, on the command line or in the environment. */
interface Named {
  readonly natsUrl: string | undefined;
  readonly dataDir: string | undefined;
}

export interface Places {
  readonly flags: Named;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The checkout that we run from, if any. */
  readonly root: string | undefined;
  /** Default /etc/busbar/cli.json. */
  readonly settingsFile?: string;
  readonly isAlive?: (pid: number) => boolean;
}

export const defaultSettingsFile = "/etc/busbar/cli.json";
const usualDataDir = join(".data", "bmc");

/**
 * Flags, else environment, else the run.json of a system that runs from this directory or this checkout, else
 * /etc/busbar/cli.json (DESIGN §10). The first of them that names anything decides alone: a board is never taken from
 * another place than the broker it belongs to.
 * @throws BusbarError UNAVAILABLE when nothing names a running system
 */
export function findSystem(places: Places): FoundSystem {
  const { env, cwd, flags, isAlive = processIsAlive } = places;
  const said = (value: string | undefined) => (value === undefined || value === "" ? undefined : value);
  const named =
    fromNamed(flags, { natsUrl: "--nats-url", dataDir: "--data-dir" }, cwd, isAlive) ??
    fromNamed(
      { natsUrl: said(env.BUSBAR_NATS_URL), dataDir: said(env.BUSBAR_DATA_DIR) },
      { natsUrl: "BUSBAR_NATS_URL", dataDir: "BUSBAR_DATA_DIR" },
      cwd,
      isAlive,
    );
  if (named) return named;
  const leftOver: string[] = [];
  for (const directory of new Set([cwd, places.root ?? cwd])) {
    const run = readRunFile(join(directory, usualDataDir));
    if (run && isRunning(run, isAlive)) return fromRunFile(run);
    if (run) leftOver.push(run.path);
  }
  const settings = places.settingsFile ?? defaultSettingsFile;
  return fromSettings(settings) ?? fail(places, leftOver, settings);
}

function fromNamed(
  { natsUrl, dataDir }: Named,
  spelling: { readonly natsUrl: string; readonly dataDir: string },
  cwd: string,
  isAlive: (pid: number) => boolean,
): FoundSystem | undefined {
  const run = dataDir === undefined ? undefined : namedRunFile(resolve(cwd, dataDir), spelling.dataDir, isAlive);
  if (natsUrl !== undefined) return { natsUrl, boardSocket: run?.boardSocket, namedBy: spelling.natsUrl };
  return run && fromRunFile(run);
}

function namedRunFile(directory: string, namedBy: string, isAlive: (pid: number) => boolean): RunFile {
  const run = readRunFile(directory);
  const remedy = "start it (npm start), or name the directory that it printed when it started";
  if (run === undefined)
    throw new BusbarError("UNAVAILABLE", `${namedBy}: no system runs in ${directory}`, {
      component: namedBy,
      reason: "no-run-file",
      remedy,
    });
  if (isRunning(run, isAlive)) return run;
  throw new BusbarError("UNAVAILABLE", `${namedBy}: the system in ${directory} has ended (process ${run.launcher})`, {
    component: namedBy,
    reason: "not-running",
    remedy,
  });
}

const isRunning = ({ launcher }: RunFile, isAlive: (pid: number) => boolean): boolean =>
  launcher === undefined || isAlive(launcher);

const fromRunFile = ({ natsUrl, boardSocket, path }: RunFile): FoundSystem => ({ natsUrl, boardSocket, namedBy: path });

function fromSettings(path: string): FoundSystem | undefined {
  const settings = readJsonFile(path);
  if (settings === undefined) return undefined;
  const natsUrl = settings.get("nats_url");
  if (typeof natsUrl !== "string") throw unreadable(path, "it has no nats_url");
  return { natsUrl, boardSocket: undefined, namedBy: path };
}

function fail({ cwd }: Places, leftOver: readonly string[], settings: string): never {
  const [stale] = leftOver;
  const message =
    stale === undefined
      ? `no running system was found (no ${join(cwd, usualDataDir, "run.json")}, no ${settings})`
      : `no running system was found (${stale} is left over from one that has ended)`;
  throw new BusbarError("UNAVAILABLE", message, {
    reason: "no-system",
    remedy: "start one with npm start, or name its broker with --nats-url or its directory with --data-dir",
  });
}

function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process lives, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
