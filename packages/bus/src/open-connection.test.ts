import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { milliseconds } from "@busbar/contracts";
import { describe, expect, onTestFinished, test } from "vitest";
import { startBroker } from "./broker.ts";
import { connectBus } from "./bus.ts";
import { nextStatus, testBroker, testBus, testFolder } from "./testing/test-broker.ts";
import { testLog } from "./testing/test-log.ts";

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

describe("connecting", () => {
  test("waits for a broker that comes later and says so once", async () => {
    const refusing = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    await once(refusing, "listening");
    const port = portOf(refusing);
    const log = testLog();
    const connecting = connectBus({ url: `nats://127.0.0.1:${port}`, name: "test", log });
    for (let tries = 0; tries < 3; tries += 1) await once(refusing, "connection");
    refusing.close();
    const broker = await startBroker({ storeDir: testFolder(), port });
    onTestFinished(() => broker.kill());
    const bus = await connecting;
    onTestFinished(() => bus.close(milliseconds(100)));
    expect(bus.connected).toBe(true);
    const warnings = log.lines.filter(({ level }) => level === "warn");
    expect(warnings.map(({ message }) => message)).toEqual([`waiting for the broker at nats://127.0.0.1:${port}`]);
  });

  test("ends by its signal while it waits", async () => {
    const abort = new AbortController();
    const log = testLog();
    const url = `nats://127.0.0.1:${await freePort()}`;
    const connecting = connectBus({ url, name: "test", log, signal: abort.signal });
    await log.line(/waiting/);
    abort.abort();
    await expect(connecting).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("ends by its signal while a broker takes the connection and says nothing", async () => {
    const mute = createServer().listen(0, "127.0.0.1");
    await once(mute, "listening");
    onTestFinished(() => void mute.close());
    const abort = new AbortController();
    const url = `nats://127.0.0.1:${portOf(mute)}`;
    const connecting = connectBus({ url, name: "test", log: testLog(), signal: abort.signal });
    const [socket] = await once(mute, "connection");
    onTestFinished(() => socket.destroy());
    abort.abort();
    await expect(connecting).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("takes credentials from the URL or from the options, which win", async () => {
    const config = 'authorization { users: [ { user: a, password: "p:1" }, { user: b, password: b } ] }';
    const { port } = await testBroker({ config });
    await testBus(`nats://a:p%3A1@127.0.0.1:${port}`);
    const credentials = { user: "b", password: "b" };
    const bus = await testBus(`nats://a:wrong@127.0.0.1:${port}`, { credentials });
    expect(bus.url).toBe(`nats://127.0.0.1:${port}`);
  });

  test("waits on while the broker refuses the credentials", async () => {
    const { url } = await testBroker({ config: "authorization { token: right }" });
    const abort = new AbortController();
    const log = testLog();
    const connecting = connectBus({ url, name: "test", log, signal: abort.signal, credentials: { token: "wrong" } });
    const line = await log.line(/waiting/);
    expect(line.fields).toMatchObject({ cause: expect.stringMatching(/Authorization/) });
    abort.abort();
    await expect(connecting).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe("an open connection", () => {
  test("tells when the broker dies and when it is back on the same port", async () => {
    const broker = await testBroker();
    const bus = await testBus(broker.url);
    const lost = nextStatus(bus, "disconnected");
    const back = nextStatus(bus, "reconnected");
    await broker.kill();
    await lost;
    expect(bus.connected).toBe(false);
    await testBroker({ port: broker.port });
    await back;
    expect(bus.connected).toBe(true);
  });

  test("survives a listener that throws", async () => {
    const broker = await testBroker();
    const bus = await testBus(broker.url);
    bus.onStatus(() => {
      throw new Error("listener's bug");
    });
    const lost = nextStatus(bus, "disconnected");
    await broker.kill();
    await lost;
    await expect(bus.log.line(/a listener of the bus threw/)).resolves.toMatchObject({ level: "error" });
  });

  test("closes without a complaint", async () => {
    const { url } = await testBroker();
    const bus = await testBus(url);
    await bus.close(milliseconds(1_000));
    expect(bus.connected).toBe(false);
    expect(bus.log.lines.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  });
});
