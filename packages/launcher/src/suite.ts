import { existsSync, mkdirSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { type Bus, connectBus } from "@busbar/bus";
import { BusbarError, endpoints, isComponentName, kindOf, milliseconds } from "@busbar/contracts";
import { type BoardController, connectController } from "@busbar/hardware";
import { startWitness } from "@busbar/simulator/stand-ins";
import { boardSocketPath } from "./board-socket.ts";
import { removeRunFile, writeRunFile } from "./run-file.ts";
import {
  type ProcessPlan,
  type RestartTimes,
  type SupervisedOptions,
  SupervisedProcess,
} from "./supervised-process.ts";

/** Where the daemons find what they depend on. */
export interface Addresses {
  readonly natsUrl: string;
  readonly boardSocket: string;
}

export interface SuiteOptions {
  /** The checkout: bundles are in its dist/, platforms in its platforms/. */
  readonly root: string;
  readonly natsServer: string;
  readonly dataDir: string;
  readonly platform: string;
  readonly profile: string;
  readonly port?: number | undefined;
  /** Beside the platform file unless told. */
  readonly board?: string;
  readonly onLine: (process: string, line: string) => void;
  readonly signal?: AbortSignal;
  /** Called once, when broker and board are up and no daemon runs yet: hears all that they will say. */
  readonly listen?: (bus: Bus) => Promise<void>;
  /** As `listen`: puts something between broker, board and the daemons. What we do goes past it. */
  readonly route?: (real: Addresses) => Promise<Addresses>;
  /** False: the hazard judge is told of what was accepted by somebody else. */
  readonly witness?: boolean;
  readonly restart?: RestartTimes;
}

/** In the order they start; they stop in the reverse one. */
export const processNames = ["broker", "board", "powermgr", "statemgr"] as const;
export type ProcessName = (typeof processNames)[number];

export interface Suite {
  readonly natsUrl: string;
  readonly boardSocket: string;
  readonly processes: Readonly<Record<ProcessName, SupervisedProcess>>;
  /** The launcher's own connections: to watch, not to act through. */
  readonly bus: Bus;
  readonly board: BoardController;
  stop(): Promise<void>;
}

const readyWithinMs = 60_000;
const askTimeout = milliseconds(2_000);
const listening = /Listening for client connections on .*:(\d+)$/;
const quietLog = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Starts broker, board and daemons as processes of their own, as systemd does on a BMC: what dies is started again, after
 * its release step. Resolves when everything answers.
 * @throws BusbarError UNAVAILABLE when something does not come up, ABORTED by the signal
 */
export async function startSuite(options: SuiteOptions): Promise<Suite> {
  const { root, dataDir, onLine } = options;
  const platform = platformFile(root, options.platform);
  const boardConfig = options.board ?? join(platform, "..", "board.yaml");
  mkdirSync(join(dataDir, "broker"), { recursive: true });
  const boardSocket = boardSocketPath(dataDir);
  // No AbortSignal.any: it drops its sources to the garbage collector, and what waits on it may wait for ever.
  const starting = new AbortController();
  const { signal } = starting;
  const late = setTimeout(
    () => starting.abort(new BusbarError("UNAVAILABLE", `the system did not come up within ${readyWithinMs} ms`)),
    readyWithinMs,
  );
  const told = () => starting.abort(options.signal?.reason);
  if (options.signal?.aborted) told();
  else options.signal?.addEventListener("abort", told, { once: true });
  signal.addEventListener("abort", () => clearTimeout(late), { once: true });

  let port = options.port;
  let onPort = () => {};
  const portKnown = new Promise<void>((resolve) => {
    onPort = resolve;
  });
  const bundle = (name: string, ...args: string[]): ProcessPlan => ({
    name,
    file: process.execPath,
    args: [join(root, "dist", `${name}.mjs`), ...args],
  });
  const natsUrl = () => `nats://127.0.0.1:${port}`;
  let routed: Addresses | undefined;
  const addresses = (): Addresses => routed ?? { natsUrl: natsUrl(), boardSocket };
  const watchPort = (name: string, line: string) => {
    const found = listening.exec(line)?.[1];
    if (found !== undefined) {
      port = Number(found);
      onPort();
    }
    onLine(name, line);
  };
  const releaseLines = async () => {
    const controller = await connectController({ socket: boardSocket, client: "release-step" });
    try {
      await controller.releaseMomentary();
    } finally {
      controller.close();
    }
  };
  const supervised = (own: SupervisedOptions) =>
    new SupervisedProcess(options.restart ? { ...own, restart: options.restart } : own);
  const processes: Record<ProcessName, SupervisedProcess> = {
    broker: supervised({
      plan: () => ({
        name: "broker",
        file: options.natsServer,
        args: ["-a", "127.0.0.1", "-p", String(port ?? -1), "-js", "-sd", join(dataDir, "broker")],
      }),
      onLine: watchPort,
    }),
    board: supervised({
      plan: () =>
        bundle("board", "--socket", boardSocket, "--config", boardConfig, "--journal", join(dataDir, "board.ndjson")),
      onLine,
    }),
    powermgr: supervised({
      plan: () =>
        bundle(
          "powermgr",
          "--nats-url",
          addresses().natsUrl,
          "--data-dir",
          join(dataDir, "powermgr"),
          "--run-dir",
          join(dataDir, "run"),
          "--platform",
          platform,
          "--board-socket",
          addresses().boardSocket,
        ),
      onLine,
      afterEnd: releaseLines,
    }),
    statemgr: supervised({
      plan: () =>
        bundle(
          "statemgr",
          "--nats-url",
          addresses().natsUrl,
          "--data-dir",
          join(dataDir, "statemgr"),
          "--platform",
          platform,
        ),
      onLine,
    }),
  };

  let bus: Bus | undefined;
  let board: BoardController | undefined;
  const stop = async () => {
    starting.abort(new BusbarError("ABORTED", "stopped while starting"));
    options.signal?.removeEventListener("abort", told);
    await bus?.close(milliseconds(200));
    await Promise.all([processes.statemgr.stop(), processes.powermgr.stop()]);
    board?.close();
    await Promise.all([processes.board.stop(), processes.broker.stop()]);
    removeRunFile(dataDir);
  };
  // What ends during the start (a wrong platform file, a port in use) would end again: nobody waits for that.
  for (const name of processNames) {
    processes[name].onDeath((how) => starting.abort(endedWhileStarting(name, how)));
  }
  try {
    processes.broker.start();
    processes.board.start();
    await orAborted(portKnown, signal);
    board = await retried(() => connectController({ socket: boardSocket, client: "launcher" }), signal);
    bus = await connectBus({ url: natsUrl(), name: "launcher", log: quietLog, signal });
    if (options.witness !== false) await startWitness(bus, board);
    await options.listen?.(bus);
    routed = await options.route?.(addresses());
    await board.onEntry((entry) => {
      // The BMC's reset line: on real hardware everything that runs on it ends at once.
      if (entry.type !== "reset" || !isComponentName(entry.component) || kindOf(entry.component) !== "bmc") return;
      processes.powermgr.signal("SIGKILL");
      processes.statemgr.signal("SIGKILL");
    });
    processes.powermgr.start();
    processes.statemgr.start();
    await answering(bus, signal);
  } catch (error) {
    await stop();
    throw error;
  }
  const tell = () =>
    writeRunFile(dataDir, {
      profile: options.profile,
      platform,
      nats_url: natsUrl(),
      board_socket: boardSocket,
      pids: {
        launcher: process.pid,
        ...Object.fromEntries(processNames.map((name) => [name, processes[name].pid ?? 0])),
      },
    });
  tell();
  for (const name of processNames) processes[name].onStart(tell);
  return { natsUrl: natsUrl(), boardSocket, processes, bus, board, stop };
}

/** @throws BusbarError NOT_FOUND */
function platformFile(root: string, platform: string): string {
  const path =
    platform.includes("/") || isAbsolute(platform)
      ? resolve(platform)
      : join(root, "platforms", platform, "platform.yaml");
  if (existsSync(path)) return path;
  throw new BusbarError("NOT_FOUND", `there is no platform file ${path}`, {
    component: "--platform",
    remedy: "name a directory of platforms/, or give the path of a platform.yaml",
  });
}

/** Both daemons serve, and statemgr has seen every component that powermgr controls. */
async function answering(bus: Bus, signal: AbortSignal): Promise<void> {
  await retried(async () => {
    const { message } = await bus.request(endpoints.systemStatus, {}, { timeout: askTimeout, signal });
    const lists = await Promise.all(
      endpoints.componentLists.map((list) => bus.request(list, {}, { timeout: askTimeout, signal })),
    );
    const seen = new Map(
      lists.flatMap(({ message: { components } }) => components.map((each) => [each.component, each])),
    );
    const missing = message.domains.find(({ component, power }) => seen.get(component)?.observed !== power);
    if (missing !== undefined)
      throw new BusbarError("UNAVAILABLE", `statemgr has not seen yet what ${missing.component} is`);
  }, signal);
}

const retryMs = 50;

async function retried<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw notReady(signal, error);
      await new Promise((resume) => setTimeout(resume, retryMs));
    }
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((fulfil, reject) => {
    const abort = () => reject(notReady(signal, signal.reason));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(fulfil, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

const endedWhileStarting = (name: ProcessName, how: string) =>
  new BusbarError("UNAVAILABLE", `${name} ended (${how}) while the system was starting`, {
    component: name,
    remedy: "look at its last lines in the log above",
  });

const notReady = (signal: AbortSignal, cause: unknown) =>
  signal.reason instanceof BusbarError
    ? signal.reason
    : new BusbarError("UNAVAILABLE", `the system did not come up: ${(cause as Error).message}`, {
        cause,
        remedy: "look at the log above",
      });
