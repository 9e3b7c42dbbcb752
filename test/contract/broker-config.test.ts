import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Bus, connectBus, findBrokerBinary, startOutboxRelay } from "@busbar/bus";
import { componentName, milliseconds, streams, subjects } from "@busbar/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";

// The broker that BMCs run, with their configuration; only its port and its folder are others.

const config = fileURLToPath(new URL("../../platforms/common/nats-server.conf", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "busbar-broker-"));
const log = { debug() {}, info() {}, warn() {}, error() {} };
let broker: ChildProcess;
let port: number;
let bus: Bus;

beforeAll(async () => {
  const text = readFileSync(config, "utf8");
  const here = text.replace("port: 4222", "port: -1").replace("/var/lib/nats", JSON.stringify(folder));
  expect(here).toMatch(/^port: -1$[\s\S]*?store_dir: "/m);
  const copy = join(folder, "nats-server.conf");
  writeFileSync(copy, here);
  broker = spawn(findBrokerBinary(), ["-c", copy], { stdio: ["ignore", "ignore", "pipe"] });
  port = await portOf(broker);
  bus = await connectBus({ url: `nats://127.0.0.1:${port}`, name: "test", log });
});

afterAll(async () => {
  await bus?.close(milliseconds(1_000));
  const ended = new Promise((resolve) => broker.once("exit", resolve));
  broker.kill();
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

test("the broker takes the file as it is", () => {
  const { status, stderr } = spawnSync(findBrokerBinary(), ["-t", "-c", config], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
});

test("both daemons' streams have room in it", async () => {
  const host = componentName("host.0");
  await Promise.all([
    store(streams.statemgr, subjects.transition(host)),
    store(streams.powermgr, subjects.powerResult(host)),
  ]);
});

test("nobody reaches it from another machine", async () => {
  const outside = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const addresses = ["127.0.0.2", ...outside.filter(({ internal }) => !internal).map(({ address }) => address)];
  for (const address of addresses) expect(await isOpen(address), address).toBe(false);
  expect(await isOpen("127.0.0.1")).toBe(true);
});

/** Resolves when the stream has stored a message. */
function store(stream: { name: string; subjects: readonly string[] }, subject: string): Promise<void> {
  const row = { id: 1, subject, data: Buffer.from("x") };
  return new Promise((resolve, reject) => {
    const relay = startOutboxRelay({
      bus,
      stream,
      source: {
        epoch: stream.name,
        after: (id) => (id < row.id ? row : undefined),
        acknowledged: () => void relay.stop().then(resolve, reject),
      },
      log: { ...log, warn: (fields, text) => reject(new Error(`${text}: ${JSON.stringify(fields)}`)) },
    });
  });
}

function portOf({ stderr }: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    if (stderr === null) return reject(new Error("its log isn't a pipe"));
    const lines = createInterface({ input: stderr });
    lines.on("line", (line) => {
      const found = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    lines.on("close", () => reject(new Error("the broker ended")));
  });
}

function isOpen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 1_000 });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
