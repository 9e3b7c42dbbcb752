import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BusbarError, type Milliseconds } from "@busbar/contracts";
import { findBrokerBinary } from "./broker-binary.ts";

export interface BrokerOptions {
  /** Path of nats-server; default: `findBrokerBinary()`. */
  readonly binary?: string;
  /** Folder for its configuration and JetStream's store; made when missing. */
  readonly storeDir: string;
  /** Default 127.0.0.1: nobody else reaches a broker without authentication. */
  readonly host?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Default true. */
  readonly jetstream?: boolean;
  /** Further lines of nats-server's configuration language: users, limits, leaf nodes. */
  readonly config?: string;
  /** Every line that it logs. */
  readonly onLog?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Broker {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Lets it end in good order; kills it after `grace` (default 3 s). */
  stop(grace?: Milliseconds): Promise<void>;
  /** As a power cut would, but for what the kernel still writes. */
  kill(): Promise<void>;
  /** Makes it hang and go on: sockets stay open, nothing is answered. */
  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGHUP"): void;
}

const defaultGraceMs = 3_000;
const listening = /Listening for client connections on .*:(\d+)$/;
const ready = /Server is ready$/;

/** Runs a nats-server of our own: for `npm start`, tests and benchmarks. @throws BusbarError UNAVAILABLE with its last lines */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { storeDir, host = "127.0.0.1", signal } = options;
  signal?.throwIfAborted();
  mkdirSync(storeDir, { recursive: true });
  const configFile = join(storeDir, "nats-server.conf");
  writeFileSync(configFile, configOf(options, host));
  const child = spawn(options.binary ?? findBrokerBinary(), ["--config", configFile], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const onParentExit = () => child.kill("SIGKILL");
  process.once("exit", onParentExit);
  void ended.then(() => process.removeListener("exit", onParentExit));

  const end = async (how: "SIGTERM" | "SIGKILL", grace: number) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill("SIGCONT");
    child.kill(how);
    const timer = setTimeout(() => child.kill("SIGKILL"), grace);
    await ended;
    clearTimeout(timer);
  };
  const onAbort = () => void end("SIGTERM", defaultGraceMs);
  signal?.addEventListener("abort", onAbort);
  void ended.then(() => signal?.removeEventListener("abort", onAbort));

  const port = await portWhenReady(child, options.onLog);
  return {
    url: `nats://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    pid: child.pid ?? 0,
    ended,
    stop: (grace) => end("SIGTERM", grace ?? defaultGraceMs),
    kill: () => end("SIGKILL", defaultGraceMs),
    signal: (name) => void child.kill(name),
  };
}

function configOf({ storeDir, port = -1, jetstream = true, config = "" }: BrokerOptions, host: string): string {
  // JSON strings are strings of nats-server's language, too.
  const lines = [`listen: ${JSON.stringify(`${host.includes(":") ? `[${host}]` : host}:${port}`)}`];
  if (jetstream) lines.push(`jetstream: { store_dir: ${JSON.stringify(storeDir)} }`);
  return [...lines, config, ""].join("\n");
}

/** It tells its port, which it chose itself, and that it is ready in its log, on stderr. */
function portWhenReady(child: ChildProcess, onLog: ((line: string) => void) | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const lastLines: string[] = [];
    let port = 0;
    if (child.stderr === null) return reject(new BusbarError("INTERNAL", "the broker's log isn't a pipe"));
    createInterface({ input: child.stderr }).on("line", (line) => {
      onLog?.(line);
      lastLines.push(line);
      if (lastLines.length > 10) lastLines.shift();
      port = Number(listening.exec(line)?.[1] ?? port);
      if (ready.test(line)) resolve(port);
    });
    const fail = (cause: unknown) => {
      const told = lastLines.length === 0 ? String(cause) : lastLines.join("\n");
      reject(new BusbarError("UNAVAILABLE", `nats-server did not start:\n${told}`, { cause }));
    };
    child.once("error", fail);
    child.once("close", (code, signal) => fail(`it ended with ${signal ?? code}`));
  });
}
