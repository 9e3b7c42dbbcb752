import { describe, expect, test } from "vitest";
import { rawClient } from "./testing/raw-client.ts";
import { nextStatus, testBroker, testBus } from "./testing/test-broker.ts";

const text = (data: Uint8Array) => new TextDecoder().decode(data);

/** A handler that resolves `all` once it has seen `count` bodies. */
function collector(count: number) {
  const bodies: string[] = [];
  let done: () => void = () => {};
  const all = new Promise<readonly string[]>((resolve) => {
    done = () => resolve(bodies);
  });
  const handler = ({ data }: { data: Uint8Array }) => {
    bodies.push(text(data));
    if (bodies.length === count) done();
  };
  return { handler, all };
}

describe("a subscription", () => {
  test("is with the broker when it resolves", async () => {
    const { url, port } = await testBroker();
    const [bus, peer] = [await testBus(url), await rawClient(port)];
    const { handler, all } = collector(1);
    await bus.subscribe("news.*", handler);
    peer.send("PUB news.today 2\r\nhi\r\n");
    await expect(all).resolves.toEqual(["hi"]);
  });

  test("goes on after a handler threw, and counts it", async () => {
    const { url, port } = await testBroker();
    const [bus, peer] = [await testBus(url), await rawClient(port)];
    const { handler, all } = collector(3);
    const subscription = await bus.subscribe("news", (delivery) => {
      handler(delivery);
      if (text(delivery.data) === "sync") throw new Error("thrown");
      if (text(delivery.data) === "async") return Promise.reject(new Error("rejected"));
    });
    peer.send("PUB news 4\r\nsync\r\nPUB news 5\r\nasync\r\nPUB news 2\r\nok\r\n");
    await expect(all).resolves.toEqual(["sync", "async", "ok"]);
    expect(subscription.failures).toBe(2);
    expect(bus.log.lines.filter(({ level }) => level === "error")).toHaveLength(2);
  });

  test("goes on after a message whose headers can't be read", async () => {
    const { url, port } = await testBroker();
    const [bus, peer] = [await testBus(url), await rawClient(port)];
    const { handler, all } = collector(2);
    await bus.subscribe("news", (delivery) => {
      handler(delivery);
      delivery.header("Any");
    });
    peer.send("HPUB news 24 25\r\nNATS/1.0\r\nBad Key: x\r\n\r\n1\r\nPUB news 1\r\n2\r\n");
    await expect(all).resolves.toEqual(["1", "2"]);
  });

  test("comes back with the broker", async () => {
    const broker = await testBroker();
    const bus = await testBus(broker.url);
    const { handler, all } = collector(1);
    await bus.subscribe("news", handler);
    const back = nextStatus(bus, "reconnected");
    await broker.kill();
    await testBroker({ port: broker.port });
    await back;
    await bus.subscribe("other", () => {}); // a round trip: the first is with the broker again
    const peer = await rawClient(broker.port);
    peer.send("PUB news 5\r\nagain\r\n");
    await expect(all).resolves.toEqual(["again"]);
  });

  test("that is made during an outage resolves after it", async () => {
    const broker = await testBroker();
    const bus = await testBus(broker.url);
    const lost = nextStatus(bus, "disconnected");
    await broker.kill();
    await lost;
    const { handler, all } = collector(1);
    const subscribing = bus.subscribe("news", handler);
    await testBroker({ port: broker.port });
    await subscribing;
    const peer = await rawClient(broker.port);
    peer.send("PUB news 2\r\nhi\r\n");
    await expect(all).resolves.toEqual(["hi"]);
  });

  test("that is made during an outage ends by its signal", async () => {
    const broker = await testBroker();
    const bus = await testBus(broker.url);
    const lost = nextStatus(bus, "disconnected");
    await broker.kill();
    await lost;
    const abort = new AbortController();
    const subscribing = bus.subscribe("news", () => {}, abort.signal);
    abort.abort();
    await expect(subscribing).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("that the broker denies is refused", async () => {
    const permissions = 'permissions: { subscribe: { deny: "secret" } }';
    const { url } = await testBroker({
      config: `authorization { users: [ { user: u, password: p, ${permissions} } ] }`,
    });
    const bus = await testBus(url, { credentials: { user: "u", password: "p" } });
    await expect(bus.subscribe("secret", () => {})).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(bus.subscribe("public", () => {})).resolves.toBeDefined();
  });

  test("can be ended", async () => {
    const { url, port } = await testBroker();
    const [bus, peer] = [await testBus(url), await rawClient(port)];
    const ended = await bus.subscribe("news", () => expect.unreachable());
    ended.unsubscribe();
    const { handler, all } = collector(1);
    await bus.subscribe("news", handler);
    peer.send("PUB news 2\r\nhi\r\n");
    await all;
    expect(ended.failures).toBe(0);
  });
});
