import { getEventListeners } from "node:events";
import { headers, milliseconds } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { lossyProxy } from "./testing/lossy-proxy.ts";
import { publishLines, rawClient } from "./testing/raw-client.ts";
import { nextStatus, testBroker, testBus } from "./testing/test-broker.ts";

const body = new TextEncoder().encode("hello");
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const soon = { timeout: milliseconds(5_000) };

describe("an exchange", () => {
  test("fails with UNAVAILABLE at once when nobody serves the subject", async () => {
    const bus = await testBus((await testBroker()).url);
    const failure = { code: "UNAVAILABLE", reason: "no-responders" };
    await expect(bus.exchange("nobody.home", body, { timeout: milliseconds(60_000) })).rejects.toMatchObject(failure);
  });

  test("fails with DEADLINE_EXCEEDED when the answer doesn't come", async () => {
    const { url, port } = await testBroker();
    const bus = await testBus(url);
    const peer = await rawClient(port);
    peer.send("SUB mute 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const failure = { code: "DEADLINE_EXCEEDED", reason: "no-answer" };
    await expect(bus.exchange("mute", body, { timeout: milliseconds(20) })).rejects.toMatchObject(failure);
  });

  test("fails with UNAVAILABLE at once while disconnected, instead of being buffered and lost", async () => {
    const broker = await testBroker();
    const bus = await testBus(broker.url);
    const lost = nextStatus(bus, "disconnected");
    await broker.kill();
    await lost;
    const failure = { code: "UNAVAILABLE", reason: "not-connected" };
    await expect(bus.exchange("any", body, { timeout: milliseconds(60_000) })).rejects.toMatchObject(failure);
  });

  test("fails with DEADLINE_EXCEEDED at once when the connection breaks before the answer", async () => {
    const broker = await testBroker();
    const bus = await testBus(broker.url);
    const peer = await rawClient(broker.port);
    peer.send("SUB mute 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const waiting = bus.exchange("mute", body, { timeout: milliseconds(60_000) });
    const failure = expect(waiting).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "connection-lost" });
    await peer.received(/MSG mute/);
    await broker.kill();
    await failure;
  });

  test("ends by its signal, before and while it waits", async () => {
    const { url, port } = await testBroker();
    const bus = await testBus(url);
    const peer = await rawClient(port);
    peer.send("SUB mute 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const abort = new AbortController();
    const waiting = bus.exchange("mute", body, { ...soon, signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
    await expect(bus.exchange("mute", body, { ...soon, signal: abort.signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
  });

  test.each(["a b", "a.*", "a\r\nPUB evil 0\r\n\r\n", ""])("is not sent to %j", async (subject) => {
    const bus = await testBus((await testBroker()).url);
    await expect(bus.exchange(subject, body, soon)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("refuses a header that holds a line end", async () => {
    const bus = await testBus((await testBroker()).url);
    const evil = { [headers.actor]: "me\r\nBusbar-Operation-Id: forged" };
    await expect(bus.exchange("any", body, { ...soon, headers: evil })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  test("refuses a body that the broker wouldn't carry, and stays connected", async () => {
    const bus = await testBus((await testBroker()).url);
    const big = new Uint8Array(bus.maxPayload + 1);
    await expect(bus.exchange("any", big, soon)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(bus.connected).toBe(true);
  });

  test("outlives an answer with malformed headers, which would silence nats.js' own for good", async () => {
    const { url, port } = await testBroker();
    const bus = await testBus(url);
    const peer = await rawClient(port);
    peer.send("SUB twice 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const first = bus.exchange("twice", body, soon);
    const broken = expect(first).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringMatching(/could not be read/),
    });
    const [, inbox = ""] = await peer.received(/MSG twice 1 (\S+) 5\r\n/);
    peer.send(publishLines(inbox, "NATS/1.0\r\nBad Key\u0001: x\r\n\r\n", "x"));
    await broken;

    const second = bus.exchange("twice", body, soon);
    const [, again = ""] = await peer.received(/MSG twice 1 \S+ 5\r\nhello\r\nMSG twice 1 (\S+) 5\r\n/);
    peer.send(`PUB ${again} 2\r\nok\r\n`);
    expect(text((await second).data)).toBe("ok");
  });

  test("passes over answers that aren't accepted", async () => {
    const { url, port } = await testBroker();
    const bus = await testBus(url);
    const peer = await rawClient(port);
    peer.send("SUB many 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const accept = ({ data }: { data: Uint8Array }) => data.length === 2;
    const waiting = bus.exchange("many", body, { ...soon, accept });
    const [, inbox] = await peer.received(/MSG many 1 (\S+) 5\r\n/);
    peer.send(publishLines(inbox ?? "", "NATS/1.0\r\nBad Key: x\r\n\r\n", "no"));
    peer.send(`PUB ${inbox} 1\r\n1\r\nPUB ${inbox} 2\r\nok\r\n`);
    expect(text((await waiting).data)).toBe("ok");
  });

  test("leaves no timer and no listener behind", async () => {
    const bus = await testBus((await testBroker()).url);
    const abort = new AbortController();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const asking = Array.from({ length: 50 }, () =>
      bus.exchange("nobody", body, { timeout: milliseconds(600_000), signal: abort.signal }).catch(() => {}),
    );
    await Promise.all(asking);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
    expect(timers()).toBeLessThan(before + 10);
  });

  test("drops an answer that comes too late", async () => {
    const { url, port } = await testBroker();
    const bus = await testBus(url);
    const peer = await rawClient(port);
    peer.send("SUB late 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const first = bus.exchange("late", body, { timeout: milliseconds(10) });
    await expect(first).rejects.toMatchObject({ reason: "no-answer" });
    const [, inbox] = await peer.received(/MSG late 1 (\S+) 5\r\n/);
    peer.send(`PUB ${inbox} 4\r\nlate\r\n`);
    await expect(bus.exchange("nobody", body, soon)).rejects.toMatchObject({ reason: "no-responders" });
  });
});

describe("a broker that denies", () => {
  const user = (permissions: string) =>
    `authorization { users: [ { user: u, password: p, permissions: { ${permissions} } } ] }`;
  const credentials = { user: "u", password: "p" };

  test("publishing makes the request fail with PERMISSION_DENIED at once", async () => {
    const { url } = await testBroker({ config: user('publish: { deny: "secret.>" }') });
    const bus = await testBus(url, { credentials });
    const failure = { code: "PERMISSION_DENIED", message: expect.stringMatching(/publish secret\.thing/) };
    await expect(bus.exchange("secret.thing", body, { timeout: milliseconds(60_000) })).rejects.toMatchObject(failure);
  });

  test("our inbox makes every request fail with PERMISSION_DENIED at once", async () => {
    const { url } = await testBroker({ config: user('subscribe: { allow: "_INBOX_u.>" }') });
    const bus = await testBus(url, { credentials });
    await bus.log.line(/denies us a subscription/);
    const failure = { code: "PERMISSION_DENIED", message: expect.stringMatching(/subscribe to _INBOX/) };
    await expect(bus.exchange("any", body, { timeout: milliseconds(60_000) })).rejects.toMatchObject(failure);
  });

  test("our inbox no more after a restart lets requests through again", async () => {
    const broker = await testBroker({ config: user('subscribe: { allow: "_INBOX_u.>" }') });
    const bus = await testBus(broker.url, { credentials });
    await bus.log.line(/denies us a subscription/);
    const back = nextStatus(bus, "reconnected");
    await broker.kill();
    await testBroker({ port: broker.port, config: user('subscribe: { allow: ">" }') });
    await back;
    await expect(bus.exchange("any", body, soon)).rejects.toMatchObject({ reason: "no-responders" });
  });

  test("all inboxes but ours is satisfied by a prefix", async () => {
    const { url } = await testBroker({ config: user('subscribe: { allow: "_INBOX_u.>" }') });
    const bus = await testBus(url, { credentials, inboxPrefix: "_INBOX_u" });
    await expect(bus.exchange("any", body, soon)).rejects.toMatchObject({ reason: "no-responders" });
  });
});

test("a reply that is lost on the way ends with the timeout", async () => {
  const { port } = await testBroker();
  const proxy = await lossyProxy(port);
  const bus = await testBus(proxy.url);
  const swallowed = proxy.swallow(/MSG _INBOX/);
  await expect(bus.exchange("nobody", body, { timeout: milliseconds(200) })).rejects.toMatchObject({
    reason: "no-answer",
  });
  await swallowed;
});
