import {
  BusbarError,
  type busbar,
  type ComponentName,
  componentName,
  encodeActionRequest,
  endpoints,
  headers,
  milliseconds,
} from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import type { Broker } from "./broker.ts";
import type { Bus } from "./bus.ts";
import { type Handler, type Served, served } from "./served.ts";
import type { ServeOptions } from "./service.ts";
import { publishLines, rawClient } from "./testing/raw-client.ts";
import { nextStatus, testBroker, testBus, testFolder } from "./testing/test-broker.ts";

const timeout = milliseconds(5_000);
const hostGet = named(endpoints.componentGet, "host-get");
const hostAction = named(endpoints.statemgrActions, "host-action");
const host0 = componentName("host.0");

function named<E extends { readonly name: string }>(rows: readonly E[], name: string): E {
  const row = rows.find((candidate) => candidate.name === name);
  if (row === undefined) throw new Error(`no endpoint ${name}`);
  return row;
}

type GetHandler = Handler<busbar.v1.GetComponentRequest, busbar.v1.ComponentState.$Properties>;

const getHost = (handler: GetHandler): Served => served(hostGet, handler);
const stateOf = (component: ComponentName) => ({ message: { component } });
const echo: GetHandler = (_, context) => stateOf(context.component());

const serve = (bus: Bus, rows: readonly Served[], more: Partial<ServeOptions> = {}) =>
  bus.serve({ name: "statemgr", version: "1.2.3", description: "test", endpoints: rows, ...more });

const get = (bus: Bus, component = "host.0") =>
  bus.request(hostGet, {}, { subject: `statemgr.${component}.get`, timeout });

/** A server and a client, each with its own connection. */
async function pair(rows: readonly Served[], more: Partial<ServeOptions> = {}) {
  const broker = await testBroker();
  const [server, client] = [await testBus(broker.url), await testBus(broker.url)];
  return { broker, server, client, service: await serve(server, rows, more) };
}

/** A promise to resolve from outside. */
function gate<T = void>() {
  let open: (value: T) => void = () => {};
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe("a request", () => {
  test("reaches its handler with what its headers say, and the answer comes back with outcome and operation", async () => {
    const { client } = await pair([
      getHost((_, context) => {
        const { operationId, requestId, actor, timeout: given, traceparent } = context;
        const seen = JSON.stringify({ operationId, requestId, actor, given, traceparent });
        return { message: { component: context.component(), action: seen }, outcome: "no-op", operationId: "op-9" };
      }),
    ]);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const answer = await client.request(
      hostGet,
      {},
      {
        subject: "statemgr.host.0.get",
        timeout,
        headers: { operationId: "op-1", requestId: "r-1", actor: "me", timeout: milliseconds(1_500), traceparent },
      },
    );
    expect(answer).toMatchObject({ outcome: "no-op", operationId: "op-9", message: { component: "host.0" } });
    const seen = { operationId: "op-1", requestId: "r-1", actor: "me", given: 1_500, traceparent };
    expect(JSON.parse(answer.message.action)).toEqual(seen);
  });

  test("for a component that doesn't exist reaches the handler, which answers NOT_FOUND", async () => {
    const { client } = await pair([
      getHost((_, context) => {
        if (context.component() !== host0)
          throw new BusbarError("NOT_FOUND", "no such host", { component: context.component() });
        return stateOf(host0);
      }),
    ]);
    await expect(get(client, "host.7")).rejects.toMatchObject({ code: "NOT_FOUND", component: "host.7" });
    await expect(get(client, "host.x")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(get(client, "psu.0")).rejects.toMatchObject({ code: "UNAVAILABLE", reason: "no-responders" });
  });

  test.each<[string, GetHandler]>([
    [
      "throws",
      () => {
        throw new BusbarError("INTERLOCK_DENIED", "too hot", {
          reason: "thermal",
          remedy: "cool it",
          operationId: "op-2",
        });
      },
    ],
    [
      "rejects",
      async () => {
        await Promise.resolve();
        throw new BusbarError("INTERLOCK_DENIED", "too hot", {
          reason: "thermal",
          remedy: "cool it",
          operationId: "op-2",
        });
      },
    ],
  ])("whose handler %s a coded error gets that error", async (_, handler) => {
    const { client } = await pair([getHost(handler)]);
    const error = {
      code: "INTERLOCK_DENIED",
      message: "too hot",
      reason: "thermal",
      remedy: "cool it",
      operationId: "op-2",
    };
    await expect(get(client)).rejects.toMatchObject(error);
  });

  test("whose handler throws anything else gets INTERNAL, and the log has the error", async () => {
    const { client, server } = await pair([getHost(() => Promise.reject(new TypeError("x is undefined")))]);
    await expect(get(client)).rejects.toMatchObject({ code: "INTERNAL", message: "x is undefined" });
    const line = await server.log.line(/host-get failed/);
    expect(line).toMatchObject({ level: "error", fields: { err: expect.any(TypeError) } });
  });

  test("whose handler answers too much gets INTERNAL and the service goes on", async () => {
    let big = true;
    const { client } = await pair([
      getHost((_, context) => (big ? { message: { component: "x".repeat(2_000_000) } } : stateOf(context.component()))),
    ]);
    await expect(get(client)).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringMatching(/^an answer of \d+ bytes could not be sent$/),
    });
    big = false;
    await expect(get(client)).resolves.toBeDefined();
  });

  test("whose handler answers with a header that holds a line end gets INTERNAL", async () => {
    const { client } = await pair([
      getHost(() => ({ ...stateOf(host0), operationId: "a\r\nBusbar-Outcome: completed" })),
    ]);
    await expect(get(client)).rejects.toMatchObject({ code: "INTERNAL" });
  });

  test("of nearly the largest size a broker carries is served", async () => {
    const { client } = await pair([
      served(hostAction, (body, context) => ({
        message: new Uint8Array([body.length & 0xff, context.component().length]),
      })),
    ]);
    const body = new Uint8Array(1024 * 1024 - 1024);
    const options = { subject: "statemgr.host.0.action", timeout, headers: { requestId: "big" } };
    await expect(client.request(hostAction, body, options)).resolves.toMatchObject({ message: expect.anything() });
  });

  test("gets INTERNAL when the peer's answer is no such message", async () => {
    const { broker, client } = await pair([]);
    const peer = await rawClient(broker.port);
    peer.send("SUB statemgr.host.*.get 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const asking = get(client);
    const refused = expect(asking).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringMatching(/is not a ComponentState/),
    });
    const [, inbox] = await peer.received(/MSG statemgr\.host\.0\.get 1 (\S+) 0/);
    peer.send(`PUB ${inbox} 3\r\n\xff\xff\xff\r\n`);
    await refused;
  });

  test("gets the error of a peer that only sets NATS' headers", async () => {
    const { broker, client } = await pair([]);
    const peer = await rawClient(broker.port);
    peer.send("SUB statemgr.host.*.get 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const refused = expect(get(client)).rejects.toMatchObject({ code: "CONFLICT", message: "busy: host is changing" });
    const [, inbox = ""] = await peer.received(/MSG statemgr\.host\.0\.get 1 (\S+) 0/);
    peer.send(
      publishLines(
        inbox,
        "NATS/1.0\r\nNats-Service-Error-Code: 409\r\nNats-Service-Error: busy: host is changing\r\n\r\n",
        "",
      ),
    );
    await refused;
  });
});

describe("bad input", () => {
  async function served1() {
    const calls: string[] = [];
    const set = await pair([
      getHost((_, context) => {
        calls.push(context.subject);
        return stateOf(context.component());
      }),
    ]);
    const peer = await rawClient(set.broker.port);
    peer.send("SUB answers 1\r\n");
    return { ...set, peer, calls };
  }

  test("in the body is answered INVALID_ARGUMENT and never reaches the handler", async () => {
    const { peer, calls } = await served1();
    peer.send("PUB statemgr.host.0.get answers 3\r\n\xff\xff\xff\r\n");
    await peer.received(/Nats-Service-Error-Code: 400\r\n[\s\S]*Busbar-Error: INVALID_ARGUMENT\r\n/);
    expect(calls).toEqual([]);
  });

  test.each([
    ["twice the same header", "Busbar-Operation-Id: a\r\nBusbar-Operation-Id: b\r\n"],
    ["a control character", "Busbar-Actor: a\u0007b\r\n"],
    ["a timeout that is none", "Busbar-Timeout-Ms: soon\r\n"],
    ["a header name that can't be parsed", "Bad Key: x\r\n"],
    ["an id too long", `Busbar-Request-Id: ${"x".repeat(5_000)}\r\n`],
  ])("in the headers (%s) is answered INVALID_ARGUMENT", async (_, lines) => {
    const { peer, calls } = await served1();
    peer.send(publishLines("statemgr.host.0.get", `NATS/1.0\r\n${lines}\r\n`, "", "answers"));
    await peer.received(/Busbar-Error: INVALID_ARGUMENT\r\n/);
    expect(calls).toEqual([]);
  });

  test("of any kind leaves the service running", async () => {
    const { peer, client } = await served1();
    for (let size = 0; size < 300; size += 1) {
      const bytes = Buffer.from(Array.from({ length: size }, (_, at) => (at * 167 + size * 59) & 0xff));
      peer.send(publishLines("statemgr.host.0.get", "NATS/1.0\r\n\r\n", bytes, size % 2 === 0 ? "answers" : ""));
    }
    await expect(get(client)).resolves.toBeDefined();
  });

  test("in an error's text can't add headers to the answer", async () => {
    const { broker } = await pair([
      getHost(() => {
        throw new BusbarError("CONFLICT", "no\r\nBusbar-Outcome: completed\r\n\r\nbody");
      }),
    ]);
    const peer = await rawClient(broker.port);
    peer.send("SUB answers 1\r\nPUB statemgr.host.0.get answers 0\r\n\r\n");
    await peer.received(/Nats-Service-Error: no Busbar-Outcome: completed body\r\n/);
  });

  test("as a reply subject in our own namespace gets no answer there", async () => {
    const { peer, client, calls } = await served1();
    peer.send("SUB statemgr.event.> 2\r\nPUB statemgr.host.0.get statemgr.event.host.0.transition 0\r\n\r\n");
    peer.send("PUB statemgr.host.1.get answers 0\r\n\r\n");
    const [all] = await peer.received(/^[\s\S]*MSG answers[\s\S]*\r\n/);
    expect(all).not.toContain("MSG statemgr.event");
    expect(calls).toEqual(["statemgr.host.0.get", "statemgr.host.1.get"]);
    await expect(get(client)).resolves.toBeDefined();
  });

  test("a request that nobody waits for is carried out, and its refusal logged", async () => {
    const { broker, server } = await pair([
      getHost(() => {
        throw new BusbarError("CONFLICT", "busy");
      }),
    ]);
    const peer = await rawClient(broker.port);
    peer.send("PUB statemgr.host.0.get 0\r\n\r\n");
    await expect(server.log.line(/nobody waits for/)).resolves.toMatchObject({ fields: { code: "CONFLICT" } });
  });
});

describe("a service", () => {
  test("answers discovery with endpoints, types and figures of its own", async () => {
    const { broker, client } = await pair([
      getHost(async (_, context) => {
        if (context.component() !== host0) throw new BusbarError("NOT_FOUND", "none");
        return stateOf(host0);
      }),
    ]);
    await get(client);
    await expect(get(client, "host.1")).rejects.toThrow();
    const peer = await rawClient(broker.port);
    peer.send("SUB answers 1\r\nPUB $SRV.INFO.statemgr answers 0\r\n\r\n");
    const [, info = ""] = await peer.received(/MSG answers 1 \d+\r\n(\{.*info_response.*\})/);
    expect(JSON.parse(info)).toMatchObject({
      name: "statemgr",
      version: "1.2.3",
      endpoints: [
        {
          name: "host-get",
          subject: "statemgr.host.*.get",
          queue_group: "q",
          metadata: { request: "GetComponentRequest" },
        },
      ],
    });
    peer.send("PUB $SRV.STATS.statemgr answers 0\r\n\r\n");
    const [, stats = ""] = await peer.received(/MSG answers 1 \d+\r\n(\{.*stats_response.*\})/);
    const { endpoints: rows } = JSON.parse(stats);
    expect(rows[0].data).toMatchObject({ requests: 2, inFlight: 0, answers: { OK: 1, NOT_FOUND: 1 } });
  });

  test("answers 1,000 requests at once, each its own", async () => {
    const { client } = await pair([getHost(async (_, context) => stateOf(context.component()))]);
    const names = Array.from({ length: 1_000 }, (_, at) => `host.${at}`);
    const answers = await Promise.all(names.map((name) => get(client, name)));
    expect(answers.map(({ message }) => message.component)).toEqual(names);
  });

  test("tells an observer of every answer", async () => {
    const seen: string[] = [];
    const { client } = await pair([getHost(echo)], { observe: (endpoint, code) => seen.push(`${endpoint} ${code}`) });
    await get(client);
    await expect(
      client.request(hostAction, encodeActionRequest(host0, "HOST_ACTION_ON"), {
        subject: "statemgr.host.0.action",
        timeout,
      }),
    ).rejects.toThrow();
    expect(seen).toEqual(["host-get OK"]);
  });

  test("is back after the broker was killed, discovery included", async () => {
    const { broker, server, client } = await pair([getHost(echo)]);
    const back = Promise.all([nextStatus(server, "reconnected"), nextStatus(client, "reconnected")]);
    await broker.kill();
    await testBroker({ port: broker.port });
    await back;
    await server.subscribe("round.trip", () => {});
    await expect(get(client, "host.3")).resolves.toMatchObject({ message: { component: "host.3" } });
    await expect(client.find("statemgr")).resolves.toMatchObject({ version: "1.2.3" });
    const peer = await rawClient(broker.port);
    peer.send("SUB answers 1\r\nPUB $SRV.INFO.statemgr answers 0\r\n\r\nPUB $SRV.STATS.statemgr answers 0\r\n\r\n");
    await peer.received(/info_response/);
    await peer.received(/stats_response/);
  });

  test("that is served during an outage is there after it", async () => {
    const broker = await testBroker();
    const server = await testBus(broker.url);
    const lost = nextStatus(server, "disconnected");
    await broker.kill();
    await lost;
    const serving = serve(server, [getHost(echo)]);
    await testBroker({ port: broker.port });
    await serving;
    await expect(get(await testBus(broker.url))).resolves.toBeDefined();
  });
});

describe("a service that stops", () => {
  test("leaves no request without its answer", async () => {
    const { client, service } = await pair([
      getHost(async (_, context) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return stateOf(context.component());
      }),
    ]);
    const outcomes: string[] = [];
    const ask = (component: string) =>
      get(client, component).then(
        () => outcomes.push("answered"),
        (error: BusbarError) => outcomes.push(error.reason ?? error.code),
      );
    const askUntilNobodyIsThere = async () => {
      while (!outcomes.includes("no-responders")) {
        await Promise.all(Array.from({ length: 20 }, (_, at) => ask(`host.${at}`)));
      }
    };
    const asking = Promise.all([askUntilNobodyIsThere(), askUntilNobodyIsThere()]);
    await get(client);
    await expect(service.stop(timeout)).resolves.toBe(0);
    await asking;
    // Answered, or never seen by anybody: nothing is lost in between.
    expect(new Set(outcomes)).toEqual(new Set(["answered", "no-responders"]));
  });

  test("waits for running handlers up to its grace, then tells them", async () => {
    const started = gate<AbortSignal>();
    const { client, service } = await pair([
      getHost((_, context) => {
        started.open(context.signal);
        return new Promise((_resolve, reject) =>
          context.signal.addEventListener("abort", () => reject(context.signal.reason)),
        );
      }),
    ]);
    const asking = get(client);
    const told = expect(asking).rejects.toMatchObject({ code: "ABORTED" });
    const signal = await started.opened;
    expect(service.inFlight).toBe(1);
    await expect(service.stop(milliseconds(30))).resolves.toBe(1);
    expect(signal.aborted).toBe(true);
    await told;
  });

  test("with its bus hands the last answers to the broker", async () => {
    const release = gate();
    const started = gate();
    const { client, server } = await pair([
      getHost(async (_, context) => {
        started.open();
        await release.opened;
        return stateOf(context.component());
      }),
    ]);
    const asking = get(client);
    await started.opened;
    const closing = server.close(timeout);
    release.open();
    await closing;
    await expect(asking).resolves.toMatchObject({ message: { component: "host.0" } });
  });
});

describe("a service of which the broker denies an endpoint", () => {
  const config = (denied: string) =>
    `authorization { users: [
       { user: server, password: p, permissions: { subscribe: { deny: [${denied}] } } }
       { user: client, password: p }
     ] }`;
  const as = (user: string) => ({ credentials: { user, password: "p" } });
  const rows = [getHost(echo), served(hostAction, () => ({ message: new Uint8Array([8, 3]) }))];
  const act = (bus: Bus) => bus.request(hostAction, new Uint8Array(), { subject: "statemgr.host.0.action", timeout });

  async function denying(broker: Broker) {
    const [server, client] = [await testBus(broker.url, as("server")), await testBus(broker.url, as("client"))];
    return { server, client, service: await serve(server, rows) };
  }

  test("serves the others, and names it", async () => {
    const broker = await testBroker({ config: config('"statemgr.host.*.action"') });
    const { service, client } = await denying(broker);
    expect(service.denied).toEqual(["statemgr.host.*.action"]);
    await expect(get(client)).resolves.toBeDefined();
    await expect(act(client)).rejects.toMatchObject({ reason: "no-responders" });
    await expect(client.find("statemgr")).resolves.toBeDefined();
  });

  test("serves it once the broker allows it", async () => {
    const storeDir = testFolder();
    const broker = await testBroker({ storeDir, config: config('"statemgr.host.*.action"') });
    const { server, client, service } = await denying(broker);
    const back = Promise.all([nextStatus(server, "reconnected"), nextStatus(client, "reconnected")]);
    await broker.kill();
    await testBroker({ storeDir, port: broker.port, config: config("") });
    await back;
    await server.log.line(/runs again$/);
    await server.subscribe("round.trip", () => {});
    expect(service.denied).toEqual([]);
    await expect(act(client)).resolves.toBeDefined();
  });

  test("tells who asked to be told when permissions are taken while it runs", async () => {
    const storeDir = testFolder();
    const broker = await testBroker({ storeDir, config: config("") });
    const { server, client, service } = await denying(broker);
    const told = new Promise<BusbarError>((resolve) => service.onStopped(resolve));
    const back = Promise.all([nextStatus(server, "reconnected"), nextStatus(client, "reconnected")]);
    await broker.kill();
    await testBroker({ storeDir, port: broker.port, config: config('"statemgr.host.*.get"') });
    await back;
    await expect(told).resolves.toMatchObject({
      code: "PERMISSION_DENIED",
      message: expect.stringMatching(/statemgr\.host\.\*\.get/),
    });
    await server.log.line(/runs again$/);
    await server.subscribe("round.trip", () => {});
    await expect(act(client)).resolves.toBeDefined();
  });
});

test("header names are what NATS' micro-service clients look for", () => {
  expect([headers.serviceErrorCode, headers.serviceError]).toEqual(["Nats-Service-Error-Code", "Nats-Service-Error"]);
});
