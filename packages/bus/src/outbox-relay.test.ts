import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { BusbarError, headers, milliseconds, streams } from "@busbar/contracts";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Broker } from "./broker.ts";
import type { Bus } from "./bus.ts";
import { JetStream } from "./jetstream.ts";
import type { OutboxSource } from "./outbox.ts";
import { type OutboxRelay, type OutboxRelayOptions, startOutboxRelay } from "./outbox-relay.ts";
import { lossyProxy } from "./testing/lossy-proxy.ts";
import { rawClient } from "./testing/raw-client.ts";
import { nextStatus, type TestBus, testBroker, testBus, testFolder } from "./testing/test-broker.ts";
import { testOutbox } from "./testing/test-outbox.ts";

const stream = streams.statemgr;
const apiTimeout = { timeout: milliseconds(5_000) };

function relayFor(bus: TestBus, source: OutboxSource, more: Partial<OutboxRelayOptions> = {}): OutboxRelay {
  const relay = startOutboxRelay({ bus, stream, source, log: bus.log, ...more });
  onTestFinished(() => relay.stop());
  return relay;
}

/** The message ids that the stream holds, in its order. */
async function stored(bus: Bus): Promise<readonly (string | undefined)[]> {
  const jetStream = new JetStream(bus.exchange);
  const info = await jetStream.stream(stream.name);
  const ids: (string | undefined)[] = [];
  if (info === undefined || info.messages === 0) return ids;
  for (let at = info.firstSequence; at <= info.lastSequence; at += 1)
    ids.push(await jetStream.messageIdAt(stream.name, at));
  return ids;
}

const idsOf = (epoch: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => `${epoch}:${from + at}`);

/** Everything that is published, as plain subscribers see it: the stream itself drops what it had within two minutes. */
async function published(bus: Bus): Promise<readonly string[]> {
  const bodies: string[] = [];
  await bus.subscribe(stream.subjects[0], ({ data }) => void bodies.push(Buffer.from(data).toString()));
  return bodies;
}

/** SIGSTOP reaches one thread after the other; the kernel tells when it has arrived. */
async function frozen(broker: Broker): Promise<void> {
  broker.signal("SIGSTOP");
  const threads = `/proc/${broker.pid}/task`;
  const runs = (thread: string) => !/\) T /.test(readFileSync(`${threads}/${thread}/stat`, "utf8"));
  while (readdirSync(threads).some(runs)) await new Promise(setImmediate);
}

const api = async (bus: Bus, call: string, body: object): Promise<Record<string, unknown>> => {
  const reply = await bus.exchange(`$JS.API.${call}`, Buffer.from(JSON.stringify(body)), apiTimeout);
  return JSON.parse(Buffer.from(reply.data).toString());
};

describe("the outbox relay", () => {
  test("makes the stream and publishes what was there before it, then each row as it is told of it", async () => {
    const bus = await testBus((await testBroker()).url);
    const outbox = testOutbox("epoch");
    outbox.add();
    outbox.add();
    const relay = relayFor(bus, outbox);
    await outbox.reached(2);
    outbox.add({ headers: { "Busbar-Operation-Id": "op-3" } });
    relay.wake();
    await outbox.reached(3);
    expect(await stored(bus)).toEqual(idsOf("epoch", 1, 3));
    expect(outbox.acknowledgements).toEqual([1, 2, 3]);
    expect(relay.position).toBe(3);
    const { config } = await api(bus, `STREAM.INFO.${stream.name}`, {});
    expect(config).toMatchObject({
      subjects: ["statemgr.event.>"],
      storage: "file",
      discard: "old",
      max_bytes: 8_388_608,
      max_age: 604_800e9,
      duplicate_window: 120e9,
    });
  });

  test("delivers to plain subscribers, with headers and message id", async () => {
    const bus = await testBus((await testBroker()).url);
    const outbox = testOutbox("epoch");
    const arrived = new Promise<unknown>((resolve) => {
      void bus.subscribe("statemgr.event.>", ({ data, header }) => {
        resolve([Buffer.from(data).toString(), header("Nats-Msg-Id"), header(headers.operationId)]);
      });
    });
    outbox.add({ headers: { [headers.operationId]: "op-1" } });
    relayFor(bus, outbox);
    await expect(arrived).resolves.toEqual(["event 1", "epoch:1", "op-1"]);
  });

  test("publishes a row in the turn in which it is woken", async () => {
    const bus = await testBus((await testBroker()).url);
    const outbox = testOutbox("epoch");
    const published: string[] = [];
    const exchange: Bus["exchange"] = (subject, data, options) => {
      published.push(subject);
      return bus.exchange(subject, data, options);
    };
    const watched = { exchange, connected: true, maxPayload: bus.maxPayload, onStatus: bus.onStatus };
    const relay = relayFor(bus, outbox, { bus: watched });
    outbox.add();
    relay.wake();
    await outbox.reached(1);
    await new Promise(setImmediate); // idle now
    outbox.add();
    relay.wake();
    await Promise.resolve()
      .then(() => {})
      .then(() => {});
    expect(published.filter((subject) => subject.startsWith("statemgr.event"))).toHaveLength(2);
  });

  test("reads a source that answers with promises", async () => {
    const bus = await testBus((await testBroker()).url);
    const outbox = testOutbox("epoch");
    outbox.add();
    const slow: OutboxSource = {
      epoch: "epoch",
      after: async (id) => {
        const row = outbox.after(id);
        asked();
        await new Promise(setImmediate);
        return row;
      },
      acknowledged: outbox.acknowledged,
    };
    let asked = () => {};
    const relay = relayFor(bus, slow);
    await outbox.reached(1);
    // Told of a row after the source has looked and before it has answered: that answer is old.
    asked = () => {
      asked = () => {};
      outbox.add();
      relay.wake();
    };
    relay.wake();
    await outbox.reached(2);
    expect(await stored(bus)).toEqual(idsOf("epoch", 1, 2));
  });
});

describe("each event is stored once and in order", () => {
  test("when the broker is killed in the midst of 1,000", async () => {
    const storeDir = testFolder();
    const broker = await testBroker({ storeDir });
    const bus = await testBus(broker.url);
    const outbox = testOutbox("epoch");
    for (let n = 0; n < 1_000; n += 1) outbox.add();
    relayFor(bus, outbox);
    await outbox.reached(400);
    await broker.kill();
    expect(outbox.acknowledgements).not.toContain(1_000);
    await testBroker({ storeDir, port: broker.port });
    await outbox.reached(1_000);
    expect(await stored(bus)).toEqual(idsOf("epoch", 1, 1_000));
  });

  test("when the connection is cut again and again", async () => {
    const { port, url } = await testBroker();
    const proxy = await lossyProxy(port);
    const bus = await testBus(proxy.url);
    const outbox = testOutbox("epoch");
    for (let n = 0; n < 300; n += 1) outbox.add();
    relayFor(bus, outbox);
    for (const id of [1, 2, 50, 51, 150, 299]) {
      await outbox.reached(id);
      proxy.cut();
    }
    await outbox.reached(300);
    expect(await stored(await testBus(url))).toEqual(idsOf("epoch", 1, 300));
  });

  test("when an acknowledgement is lost", async () => {
    const { port } = await testBroker();
    const proxy = await lossyProxy(port);
    const bus = await testBus(proxy.url);
    const outbox = testOutbox("epoch");
    const relay = relayFor(bus, outbox, { acknowledgementTimeout: milliseconds(50) });
    outbox.add();
    relay.wake();
    await outbox.reached(1);
    const lost = proxy.swallow(/"stream":"STATEMGR_EVENTS", ?"seq":2/);
    outbox.add();
    outbox.add();
    relay.wake();
    await lost;
    await outbox.reached(3);
    expect(await stored(bus)).toEqual(idsOf("epoch", 1, 3));
    expect(outbox.acknowledgements).toEqual([1, 2, 3]); // the second from what the stream holds, not from a second try
  });

  test("when the broker hangs for longer than an acknowledgement may take", async () => {
    const broker = await testBroker();
    const bus = await testBus(broker.url);
    const outbox = testOutbox("epoch");
    const relay = relayFor(bus, outbox, { acknowledgementTimeout: milliseconds(50) });
    outbox.add();
    relay.wake();
    await outbox.reached(1);
    await frozen(broker);
    outbox.add();
    relay.wake();
    await bus.log.line(/^events wait/);
    expect(relay.problem).toMatch(/not answered within 50 ms/);
    broker.signal("SIGCONT");
    await outbox.reached(2);
    await bus.log.line(/^events are published again/);
    expect(relay.problem).toBeUndefined();
    expect(await stored(bus)).toEqual(idsOf("epoch", 1, 2));
  });

  test("when a subscriber answers events before the stream does", async () => {
    const { port, url } = await testBroker();
    const bus = await testBus(url);
    const peer = await rawClient(port);
    peer.send("SUB statemgr.event.> 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const outbox = testOutbox("epoch");
    outbox.add();
    const proxyless = relayFor(bus, outbox);
    const [, inbox] = await peer.received(/MSG statemgr\.event\.host\.0\.transition 1 (\S+) /);
    peer.send(`PUB ${inbox} 2\r\nok\r\nPUB ${inbox} 26\r\n{"stream":"OTHER","seq":99}\r\n`);
    await outbox.reached(1);
    expect(await stored(bus)).toEqual(["epoch:1"]);
    expect(proxyless.position).toBe(1);
  });
});

describe("after a start", () => {
  test("goes on after the last event of its own epoch", async () => {
    const bus = await testBus((await testBroker()).url);
    const outbox = testOutbox("epoch");
    outbox.add();
    outbox.add();
    const first = relayFor(bus, outbox);
    await outbox.reached(2);
    await first.stop();
    outbox.add();
    relayFor(bus, outbox);
    await outbox.reached(3);
    expect(await stored(bus)).toEqual(idsOf("epoch", 1, 3));
  });

  test("goes on after its own last event though others wrote to its subjects since", async () => {
    const { port, url } = await testBroker();
    const bus = await testBus(url);
    const outbox = testOutbox("epoch");
    outbox.add();
    const first = relayFor(bus, outbox);
    await outbox.reached(1);
    await first.stop();
    const peer = await rawClient(port);
    peer.send("PUB statemgr.event.x 1\r\n1\r\nPUB statemgr.event.y 1\r\n2\r\nPING\r\n");
    await peer.received(/PONG/);
    outbox.add();
    relayFor(bus, outbox);
    await outbox.reached(2);
    expect(await stored(bus)).toEqual(["epoch:1", undefined, undefined, "epoch:2"]);
  });

  test("publishes all that is retained when the store was made anew", async () => {
    const bus = await testBus((await testBroker()).url);
    const old = testOutbox("old");
    old.add();
    old.add();
    const first = relayFor(bus, old);
    await old.reached(2);
    await first.stop();
    const outbox = testOutbox("new");
    outbox.add();
    relayFor(bus, outbox);
    await outbox.reached(1);
    expect(await stored(bus)).toEqual(["old:1", "old:2", "new:1"]);
  });

  test("doesn't repeat what has aged out of an empty stream", async () => {
    const bus = await testBus((await testBroker()).url);
    const outbox = testOutbox("epoch");
    outbox.add();
    outbox.add();
    const first = relayFor(bus, outbox);
    await outbox.reached(2);
    await first.stop();
    await api(bus, `STREAM.PURGE.${stream.name}`, {});
    outbox.acknowledgedUpTo = 2;
    outbox.add();
    const bodies = await published(bus);
    relayFor(bus, outbox);
    await outbox.reached(3);
    expect(await stored(bus)).toEqual(["epoch:3"]);
    expect(bodies).toEqual(["event 3"]);
  });
});

describe("after an outage of the broker", () => {
  test("doesn't repeat what has aged out meanwhile", async () => {
    const { port, url } = await testBroker();
    const proxy = await lossyProxy(port);
    const [bus, other] = [await testBus(proxy.url), await testBus(url)];
    const outbox = testOutbox("epoch");
    outbox.add();
    const relay = relayFor(bus, outbox);
    await outbox.reached(1);
    await api(other, `STREAM.PURGE.${stream.name}`, {});
    const bodies = await published(other);
    const back = nextStatus(bus, "reconnected");
    proxy.cut();
    await back;
    outbox.add();
    relay.wake();
    await outbox.reached(2);
    expect(await stored(other)).toEqual(["epoch:2"]);
    expect(bodies).toEqual(["event 2"]);
  });

  test("publishes again what a power cut took from the end of the stream", async () => {
    const [storeDir, before] = [testFolder(), testFolder()];
    const broker = await testBroker({ storeDir });
    const bus = await testBus(broker.url);
    const outbox = testOutbox("epoch");
    outbox.add();
    outbox.add();
    const relay = relayFor(bus, outbox);
    await outbox.reached(2);
    await broker.kill();
    cpSync(storeDir, before, { recursive: true });
    const again = await testBroker({ storeDir, port: broker.port });
    outbox.add();
    outbox.add();
    relay.wake();
    await outbox.reached(4);
    await again.kill();
    rmSync(storeDir, { recursive: true });
    cpSync(before, storeDir, { recursive: true });
    await testBroker({ storeDir, port: broker.port });
    await bus.log.line(/the stream lost events/);
    outbox.add();
    relay.wake();
    await outbox.reached(5);
    expect(await stored(bus)).toEqual(idsOf("epoch", 1, 5));
  });

  test("publishes all that is retained when the stream is gone", async () => {
    const broker = await testBroker();
    const bus = await testBus(broker.url);
    const outbox = testOutbox("epoch");
    outbox.add();
    const relay = relayFor(bus, outbox);
    await outbox.reached(1);
    await broker.kill();
    await testBroker({ port: broker.port, storeDir: testFolder() });
    outbox.add();
    relay.wake();
    await outbox.reached(2);
    expect(await stored(bus)).toEqual(idsOf("epoch", 1, 2));
  });

  test("waits for JetStream when the broker came back without it", async () => {
    const broker = await testBroker({ jetstream: false });
    const bus = await testBus(broker.url);
    const outbox = testOutbox("epoch");
    outbox.add();
    const relay = relayFor(bus, outbox);
    await bus.log.line(/^events wait/);
    expect(relay.problem).toMatch(/nobody serves \$JS\.API/);
    await broker.kill();
    await testBroker({ port: broker.port });
    await outbox.reached(1);
    expect(await stored(bus)).toEqual(["epoch:1"]);
  });
});

describe("a stream with other settings", () => {
  const foreign = { name: stream.name, subjects: ["statemgr.event.>"], storage: "file", num_replicas: 1 };

  test("is brought up to ours, and what we don't set is kept", async () => {
    const bus = await testBus((await testBroker()).url);
    await api(bus, `STREAM.CREATE.${stream.name}`, { ...foreign, subjects: ["statemgr.event.host.>"], max_msgs: 777 });
    const outbox = testOutbox("epoch", "statemgr.event.chassis.0.transition");
    outbox.add();
    relayFor(bus, outbox);
    await outbox.reached(1);
    const { config } = await api(bus, `STREAM.INFO.${stream.name}`, {});
    expect(config).toMatchObject({ subjects: ["statemgr.event.>"], max_bytes: 8_388_608, max_msgs: 777 });
  });

  test("that can't be changed is used as it is", async () => {
    const bus = await testBus((await testBroker()).url);
    await api(bus, `STREAM.CREATE.${stream.name}`, { ...foreign, storage: "memory" });
    const outbox = testOutbox("epoch");
    outbox.add();
    relayFor(bus, outbox);
    await outbox.reached(1);
    const line = await bus.log.line(/can't be changed/);
    expect(line).toMatchObject({ level: "warn", fields: { settings: expect.arrayContaining(["storage"]) } });
  });

  test("whose subjects another stream has taken is retried until they are free", async () => {
    const bus = await testBus((await testBroker()).url);
    await api(bus, "STREAM.CREATE.SQUATTER", { ...foreign, name: "SQUATTER" });
    const outbox = testOutbox("epoch");
    outbox.add();
    const relay = relayFor(bus, outbox);
    await bus.log.line(/^events wait/);
    expect(relay.problem).toMatch(/subjects overlap/);
    await api(bus, "STREAM.DELETE.SQUATTER", {});
    await outbox.reached(1);
    expect(await stored(bus)).toEqual(["epoch:1"]);
  });
});

describe("a row that can't be published", () => {
  test.each([
    ["is of another subject", { subject: "powermgr.event.host.0.fault" }],
    ["has a wildcard", { subject: "statemgr.event.*" }],
    ["is larger than the broker carries", { data: new Uint8Array(1024 * 1024) }],
  ])("because it %s is skipped and named, rather than holding up the rest", async (_, row) => {
    const bus = await testBus((await testBroker()).url);
    const outbox = testOutbox("epoch");
    outbox.add();
    outbox.add(row);
    outbox.add();
    let skipped = 0;
    relayFor(bus, outbox, { observe: { skipped: () => (skipped += 1) } });
    await outbox.reached(3);
    expect(await stored(bus)).toEqual(["epoch:1", "epoch:3"]);
    expect(bus.log.lines).toContainEqual(
      expect.objectContaining({ level: "error", fields: expect.objectContaining({ id: 2 }) }),
    );
    expect(skipped).toBe(1);
  });
});

describe("a store that fails", () => {
  test("is asked again later", async () => {
    const bus = await testBus((await testBroker()).url);
    const outbox = testOutbox("epoch");
    outbox.add();
    let failures = 2;
    const failed: string[] = [];
    const flaky: OutboxSource = {
      ...outbox,
      after: (id) => {
        if (failures > 0) {
          failures -= 1;
          throw new BusbarError("UNAVAILABLE", "disk gone");
        }
        return outbox.after(id);
      },
    };
    const relay = relayFor(bus, flaky, { observe: { failed: (code) => failed.push(code) } });
    await bus.log.line(/^events wait: disk gone/);
    await outbox.reached(1);
    expect(failed).toEqual(["UNAVAILABLE", "UNAVAILABLE"]);
    expect(relay.position).toBe(1);
  });
});

describe("stopping the relay", () => {
  test("ends at once while the broker is away", async () => {
    const broker = await testBroker();
    const bus = await testBus(broker.url);
    const relay = startOutboxRelay({ bus, stream, source: testOutbox("epoch"), log: bus.log });
    const lost = nextStatus(bus, "disconnected");
    await broker.kill();
    await lost;
    await relay.stop();
  });

  test("lets the publish under way end", async () => {
    const bus = await testBus((await testBroker()).url);
    const outbox = testOutbox("epoch");
    const relay = relayFor(bus, outbox);
    outbox.add();
    relay.wake();
    await outbox.reached(1);
    outbox.add();
    relay.wake();
    await relay.stop();
    const published = relay.position;
    expect(await stored(bus)).toEqual(idsOf("epoch", 1, published));
    outbox.add();
    relay.wake();
    await new Promise(setImmediate);
    expect(relay.position).toBe(published);
  });
});
