import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Health } from "./health.ts";
import { statusLine, systemdNotify } from "./systemd-notify.ts";

interface Receiver {
  bind(path: string): void;
  close(): void;
  on(event: "message", listener: (data: Buffer) => void): void;
}

/** Stands in for systemd: a real unix datagram socket, whose queue is the kernel's. */
let folder: string;
let address: string;
let receiver: Receiver;
let heard: string[];
let log: ReturnType<typeof newLog>;

const newLog = () => ({
  warn: vi.fn<(fields: object, text: string) => void>(),
  error: vi.fn<(fields: object, text: string) => void>(),
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "busbar-notify-"));
  address = join(folder, "notify");
  receiver = createRequire(import.meta.url)("unix-dgram").createSocket("unix_dgram");
  receiver.bind(address);
  heard = [];
  receiver.on("message", (data) => heard.push(data.toString()));
  log = newLog();
});

afterEach(() => {
  vi.useRealTimers();
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

const under = (env: Record<string, string>, isAlive?: () => boolean) =>
  systemdNotify({ env: { NOTIFY_SOCKET: address, ...env }, log, ...(isAlive && { isAlive }) });

const beats = () => heard.filter((text) => text.includes("WATCHDOG=1")).length;

/** Not vi.waitFor, which turns a faked clock on while it waits. */
async function until(condition: () => void): Promise<void> {
  const end = performance.now() + 10_000;
  for (;;) {
    try {
      return condition();
    } catch (failure) {
      if (performance.now() > end) throw failure;
      await sleep(5);
    }
  }
}

test("tells that it is ready, how it is and that it stops", async () => {
  const systemd = under({});
  systemd.ready("serves");
  systemd.status("waits for the broker");
  systemd.stopping("lets go");
  await until(() => expect(heard).toHaveLength(3));
  expect(heard).toEqual(["READY=1\nSTATUS=serves\n", "STATUS=waits for the broker\n", "STOPPING=1\nSTATUS=lets go\n"]);
  expect(log.warn).not.toHaveBeenCalled();
});

test("a status of several lines can't set a variable", async () => {
  under({}).status("a\nMAINPID=1");
  await until(() => expect(heard).toEqual(["STATUS=a MAINPID=1\n"]));
});

test("the watchdog is fed at half of its time once ready, and no more once stopping", async () => {
  vi.useFakeTimers({ toFake: ["setInterval"] });
  const systemd = under({ WATCHDOG_USEC: "30000000" });
  systemd.ready();
  vi.advanceTimersByTime(14_999);
  await until(() => expect(heard).toContain("READY=1\n"));
  expect(beats()).toBe(0);
  vi.advanceTimersByTime(1);
  await until(() => expect(beats()).toBe(1));
  vi.advanceTimersByTime(45_000);
  await until(() => expect(beats()).toBe(4));
  systemd.stopping();
  vi.advanceTimersByTime(60_000);
  await until(() => expect(heard).toContain("STOPPING=1\n"));
  expect(heard.at(-1)).toBe("STOPPING=1\n");
});

test("a start that takes long asks for time as long as the event loop turns", async () => {
  const systemd = under({ WATCHDOG_USEC: "40000" });
  await until(() => expect(heard.length).toBeGreaterThan(3));
  expect(new Set(heard)).toEqual(new Set(["EXTEND_TIMEOUT_USEC=40000\n"]));
  systemd.ready();
  await until(() => expect(beats()).toBeGreaterThan(0));
  expect(heard.slice(heard.indexOf("READY=1\n")).join("")).not.toContain("EXTEND");
});

test("nothing is fed while the event loop stands still", async () => {
  under({ WATCHDOG_USEC: "20000" }).ready();
  await until(() => expect(beats()).toBeGreaterThan(0));
  const before = heard.length;
  const end = performance.now() + 500;
  while (performance.now() < end); // what the kernel had got meanwhile would be heard afterwards
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard.length - before).toBeLessThanOrEqual(2);
});

test.each([
  ["says so", () => false],
  [
    "can't be judged",
    () => {
      throw new Error("no idea");
    },
  ],
])("the watchdog goes hungry when what it watches %s, and is fed again when that ends", async (_, sick) => {
  let isAlive = () => true;
  under({ WATCHDOG_USEC: "20000" }, () => isAlive()).ready();
  await until(() => expect(beats()).toBeGreaterThan(0));
  isAlive = sick;
  await until(() => expect(log.error).toHaveBeenCalled());
  await sleep(20);
  const fed = beats();
  await sleep(200);
  expect(beats()).toBe(fed);
  expect(log.error).toHaveBeenCalledTimes(1);
  isAlive = () => true;
  await until(() => expect(beats()).toBeGreaterThan(fed));
});

test("how things stand is told when it changes, with the next beat", async () => {
  let state = "serves";
  systemdNotify({
    env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: "20000" },
    log,
    describe: () => state,
  }).ready();
  await until(() => expect(beats()).toBeGreaterThan(3));
  state = "no broker";
  await until(() => expect(heard.filter((text) => text.includes("STATUS")).at(-1)).toContain("STATUS=no broker"));
  const after = beats();
  await until(() => expect(beats()).toBeGreaterThan(after + 3));
  expect(heard.filter((text) => text.includes("STATUS"))).toHaveLength(2);
});

test("the status line says what doesn't work", () => {
  const health = new Health("0.1.0");
  health.add("database", () => ({ status: "ok" }));
  expect(statusLine(health.summary())).toBe("ok");
  health.add("broker", () => ({ status: "degraded", message: "not connected", remedy: "start the broker" }));
  expect(statusLine(health.summary())).toBe("degraded; broker: not connected");
});

test("a watchdog that waits for another process isn't fed", async () => {
  under({ WATCHDOG_USEC: "20000", WATCHDOG_PID: String(process.pid + 1) }).ready();
  await sleep(100);
  expect(heard).toEqual(["READY=1\n"]);
});

test("what a full queue refuses arrives later, and of each variable the newest value", async () => {
  const systemd = under({});
  systemd.ready();
  // The receiver reads when we give it a turn; the kernel's queue (net.unix.max_dgram_qlen) is full long before this.
  for (let count = 1; count <= 5_000; count += 1) systemd.status(`${count}`);
  await until(() => expect(heard.at(-1)).toBe("STATUS=5000\n"));
  expect(heard[0]).toBe("READY=1\n");
  expect(heard.length).toBeLessThan(5_000);
  expect(log.warn).not.toHaveBeenCalled();
});

test("what could not be said is said when systemd hears again", async () => {
  const systemd = systemdNotify({
    env: { NOTIFY_SOCKET: join(folder, "later"), WATCHDOG_USEC: "20000" },
    log,
  });
  systemd.ready("serves");
  await sleep(100);
  expect(log.warn.mock.calls).toEqual([[{ failure: "ENOENT" }, expect.any(String)]]);
  renameSync(address, join(folder, "later"));
  await until(() => expect(heard[0]).toContain("READY=1\nSTATUS=serves\n"));
});

test("outside systemd nothing happens", () => {
  const load = vi.fn();
  const systemd = systemdNotify({ env: { WATCHDOG_USEC: "20000" }, log, load });
  systemd.ready();
  systemd.status("x");
  systemd.stopping();
  expect(load).not.toHaveBeenCalled();
});

test.each([
  ["unix-dgram is missing", { load: missing }, "Cannot find module"],
  ["the address is abstract", { env: { NOTIFY_SOCKET: "@systemd" } }, "not a path"],
  ["the address is cut by the kernel", { env: { NOTIFY_SOCKET: `/${"x".repeat(108)}` } }, "not a path"],
])("serves on when %s, and says what to do", (_, options, said) => {
  const systemd = systemdNotify({ env: { NOTIFY_SOCKET: address, WATCHDOG_USEC: "20000" }, log, ...options });
  systemd.ready("serves");
  systemd.stopping();
  const err = expect.objectContaining({ message: expect.stringContaining(said) });
  const fields = { err, remedy: expect.stringContaining("Type=exec") };
  expect(log.warn.mock.calls).toEqual([[fields, expect.any(String)]]);
});

function missing(): never {
  throw new Error("Cannot find module 'unix-dgram'");
}
