import { busbar, type ErrorCode, errorCodes, schema } from "@busbar/contracts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { drivenEdges } from "./journal.ts";
import { headerBlock, type RawMessage, RawNats } from "./raw-nats.ts";
import { useSystem } from "./system.ts";

/**
 * Bad bytes, names, numbers and headers, sent over a plain socket, because our own client would not send most of them.
 * Each gets a coded error with a remedy; nothing else happens: no state change, no edge on the board, no crash.
 */
const system = useSystem({
  // Events that are no messages are logged; their senders wait for no answer.
  expectedErrors: [/the handler of powermgr\.\S+ threw/],
});
const v1 = schema.v1alpha1;
const limit = 1024 * 1024;

let peer: RawNats;
let before: Awaited<ReturnType<typeof untouched>>;
let seq: number;

beforeAll(async () => {
  peer = await RawNats.connect(system().suite.natsUrl);
});

afterAll(() => peer?.close());

/** All that bad input must leave as it was. */
const untouched = async () => {
  const { hosts, chassis, bmcs, lines } = await system().board.state();
  return { states: await system().states(), pids: system().pids(), board: { hosts, chassis, bmcs, lines } };
};

beforeEach(async () => {
  before = await untouched();
  seq = await system().seq();
});

afterEach(async () => {
  expect(await untouched(), "what bad input left behind").toEqual(before);
  expect(drivenEdges(await system().journal(seq)), "edges on the board").toEqual([]);
});

function expectError(reply: RawMessage, code: ErrorCode): busbar.v1.Error {
  expect(reply.headers.get("Busbar-Error"), JSON.stringify([...reply.headers])).toBe(code);
  expect(reply.headers.get("Nats-Service-Error-Code")).toBe(String(errorCodes[code].nats));
  expect(reply.headers.get("Nats-Service-Error")).toBeTruthy();
  const error = busbar.v1.Error.decode(reply.body);
  expect(error.code).toBe(errorCodes[code].number);
  expect(error.message).not.toBe("");
  expect(error.remedy).not.toBe("");
  // The whole answer stays small, whatever was sent.
  expect(reply.body.length).toBeLessThan(2_000);
  return error;
}

const host = (hostName: string, action: number) => v1.ChangeHostStateRequest.encode({ hostName, action }).finish();
const chassis = (chassisName: string, action: number) =>
  v1.ChangeChassisStateRequest.encode({ chassisName, action }).finish();
const bytes = (hex: string) => Buffer.from(hex, "hex");
const on = 1;

/** Bodies that no action subject takes, whatever component it is about. */
const badBodies: readonly (readonly [what: string, body: (name: string) => Uint8Array])[] = [
  ["an action that nobody defined", (name) => host(name, 99)],
  ["a negative action", (name) => host(name, -1)],
  ["the action UNSPECIFIED", (name) => host(name, 0)],
  ["no action", (name) => bytes(`0a${Buffer.from([name.length]).toString("hex")}${Buffer.from(name).toString("hex")}`)],
  ["no name", () => bytes("1001")],
  ["the name of another component", (name) => host(name === "host.1" ? "host.0" : "host.1", on)],
  ["the name of another kind", (name) => (name.startsWith("host") ? chassis("chassis.0", on) : host("host.0", on))],
  ["a name in other letters", (name) => host(name.toUpperCase(), on)],
  ["a name with something after it", (name) => host(`${name}\0`, on)],
  ["bytes that are no protobuf", () => bytes("ffffffffffffffffffff")],
  ["a field that ends too early", () => bytes("0a40686f7374")],
  ["a name of the wrong type", () => bytes("08011001")],
  ["text", () => Buffer.from("power it on, please")],
  ["nothing", () => new Uint8Array()],
  ["as many bytes as the broker takes", () => Buffer.alloc(limit, 0xff)],
  ["as many letters as the broker takes", () => Buffer.alloc(limit, "A")],
  ["a name of almost 1 MB", () => host("h".repeat(limit - 100), on)],
];

const doors: readonly (readonly [where: string, subject: string, name: string, headers: string | undefined])[] = [
  ["statemgr.host.0.action", "statemgr.host.0.action", "host.0", undefined],
  ["statemgr.chassis.0.action", "statemgr.chassis.0.action", "chassis.0", undefined],
  ["statemgr.bmc.0.action", "statemgr.bmc.0.action", "bmc.0", undefined],
  ["powermgr.host.0.action", "powermgr.host.0.action", "host.0", undefined],
  [
    "powermgr.host.0.action with an operation id",
    "powermgr.host.0.action",
    "host.0",
    headerBlock({ "Busbar-Operation-Id": "not-statemgrs" }),
  ],
];

describe.each(doors)("%s", (_where, subject, name, block) => {
  test.each(badBodies)("refuses %s", async (_what, body) => {
    const sent = body(name);
    // Headers count towards the broker's limit.
    const fitting = sent.subarray(0, limit - (block?.length ?? 0));
    expectError(await peer.request(subject, fitting, block), "INVALID_ARGUMENT");
  });
});

describe("a component that is not there", () => {
  test.each([
    "statemgr.host.99.action",
    "powermgr.host.99.action",
    "statemgr.chassis.7.action",
    "powermgr.chassis.7.action",
  ])("%s is NOT_FOUND", async (subject) => {
    const name = subject.split(".").slice(1, 3).join(".");
    const body = name.startsWith("host") ? host(name, on) : chassis(name, on);
    const error = expectError(await peer.request(subject, body), "NOT_FOUND");
    expect(`${error.message} ${error.component}`).toContain(name);
  });

  test("is NOT_FOUND for who carries an operation id, too", async () => {
    expectError(
      await peer.request(
        "powermgr.host.99.action",
        host("host.99", on),
        headerBlock({ "Busbar-Operation-Id": "not-statemgrs" }),
      ),
      "NOT_FOUND",
    );
  });

  test.each(["host.x", "host.-1", "host.00", "host.0x0", "host.99999", "host.１", "chassis.x"])(
    "statemgr.%s.action names none",
    async (name) => {
      for (const service of ["statemgr", "powermgr"]) {
        expectError(await peer.request(`${service}.${name}.action`, host(name, on)), "NOT_FOUND");
      }
    },
  );

  test.each(["statemgr.host.99.get", "statemgr.host.x.get", "statemgr.chassis.99.history", "statemgr.host.x.history"])(
    "%s is NOT_FOUND",
    async (subject) => {
      expectError(await peer.request(subject, new Uint8Array()), "NOT_FOUND");
    },
  );
});

describe("an action that the platform doesn't support", () => {
  test.each([
    ["IDENTIFY_ON", 4],
    ["IDENTIFY_OFF", 5],
  ])("%s of a chassis is refused at both doors", async (_name, action) => {
    for (const service of ["statemgr", "powermgr"]) {
      expectError(
        await peer.request(`${service}.chassis.0.action`, chassis("chassis.0", action)),
        "FAILED_PRECONDITION",
      );
    }
  });
});

describe("headers", () => {
  const bad: readonly (readonly [what: string, block: string])[] = [
    ["a request id of 129 characters", headerBlock({ "Busbar-Request-Id": "x".repeat(129) })],
    ["an empty request id", headerBlock({ "Busbar-Request-Id": "" })],
    ["a request id with a space", headerBlock({ "Busbar-Request-Id": "two words" })],
    ["two request ids", "NATS/1.0\r\nBusbar-Request-Id: one\r\nBusbar-Request-Id: two\r\n\r\n"],
    ["an operation id that is none", headerBlock({ "Busbar-Operation-Id": "x".repeat(200) })],
    ["an actor that steers a terminal", headerBlock({ "Busbar-Actor": "\u001b[2J" })],
    ["an actor of 300 letters", headerBlock({ "Busbar-Actor": "a".repeat(300) })],
    ["a timeout in words", headerBlock({ "Busbar-Timeout-Ms": "soon" })],
    ["a timeout of 0", headerBlock({ "Busbar-Timeout-Ms": "0" })],
    ["a negative timeout", headerBlock({ "Busbar-Timeout-Ms": "-5" })],
    ["a timeout of days", headerBlock({ "Busbar-Timeout-Ms": "9999999" })],
    ["a timeout beyond all numbers", headerBlock({ "Busbar-Timeout-Ms": "9".repeat(400) })],
  ];
  test.each(bad)("with %s are refused at both doors", async (_what, block) => {
    for (const service of ["statemgr", "powermgr"]) {
      expectError(await peer.request(`${service}.host.0.action`, host("host.0", on), block), "INVALID_ARGUMENT");
    }
  });
});

describe("questions", () => {
  const garbage = bytes("ffffffffffffffffffff");
  test.each([
    "powermgr.operations.get",
    "powermgr.operations.list",
    "powermgr.hosts.status",
    "powermgr.chassis.status",
    "powermgr.system.status",
    "powermgr.domains.list",
    "powermgr.health.check",
    "statemgr.health.check",
    "statemgr.hosts.list",
    "statemgr.chassis.list",
    "statemgr.host.0.get",
    "statemgr.host.0.history",
  ])("in garbage to %s are refused", async (subject) => {
    expectError(await peer.request(subject, garbage), "INVALID_ARGUMENT");
    expectError(await peer.request(subject, Buffer.alloc(limit, 0xff)), "INVALID_ARGUMENT");
  });

  const operation = (id: string) => busbar.v1.GetOperationRequest.encode({ id }).finish();
  test("about an operation without id, or with one of 1 MB, are refused", async () => {
    expectError(await peer.request("powermgr.operations.get", new Uint8Array()), "INVALID_ARGUMENT");
    expectError(await peer.request("powermgr.operations.get", operation("x".repeat(129))), "INVALID_ARGUMENT");
    expectError(await peer.request("powermgr.operations.get", operation("x".repeat(limit - 100))), "INVALID_ARGUMENT");
  });

  test("about an operation that nobody knows are NOT_FOUND", async () => {
    expectError(
      await peer.request("powermgr.operations.get", operation("00000000-0000-4000-8000-000000000000")),
      "NOT_FOUND",
    );
  });

  test.each(["powermgr.hosts.status", "powermgr.chassis.status", "powermgr.system.status"])(
    "about a component that is not there are NOT_FOUND at %s",
    async (subject) => {
      for (const name of ["host.99", "chassis.99", "psu.0", "", "h".repeat(10_000)]) {
        expectError(
          await peer.request(subject, busbar.v1.GetStatusRequest.encode({ components: [name] }).finish()),
          "NOT_FOUND",
        );
      }
    },
  );

  test("for more than there may be at once are refused", async () => {
    expectError(
      await peer.request("powermgr.operations.list", busbar.v1.ListOperationsRequest.encode({ limit: 1001 }).finish()),
      "INVALID_ARGUMENT",
    );
    expectError(
      await peer.request("statemgr.host.0.history", busbar.v1.GetHistoryRequest.encode({ limit: 1001 }).finish()),
      "INVALID_ARGUMENT",
    );
  });
});

describe("what nobody waits for", () => {
  test("bad requests without a reply subject change nothing", async () => {
    for (const [, body] of badBodies) peer.publish("statemgr.host.0.action", body("host.0"));
    peer.publishWithHeaders("statemgr.host.0.action", headerBlock({ "Busbar-Timeout-Ms": "soon" }), host("host.0", on));
    // Their turn comes before this one's answer.
    expectError(await peer.request("statemgr.host.0.action", new Uint8Array()), "INVALID_ARGUMENT");
  });

  test("a reply subject of ours gets no answer that would pass for an event", async () => {
    const events = await peer.subscribe("statemgr.event.>");
    peer.publish("statemgr.host.0.action", host("host.0", 99), "statemgr.event.host.0.transition");
    peer.publish("statemgr.host.0.get", new Uint8Array(), "statemgr.event.host.0.transition");
    expectError(await peer.request("statemgr.host.0.action", new Uint8Array()), "INVALID_ARGUMENT");
    await peer.flush();
    expect(peer.messages.all.filter(({ sid }) => sid === events)).toEqual([]);
    peer.send(`UNSUB ${events}\r\n`);
  });

  test("events of powermgr that are forged or garbage are not believed, and end nothing", async () => {
    for (const subject of [
      "powermgr.host.0.power.result",
      "powermgr.event.host.0.powergood",
      "powermgr.host.x.power.result",
      "powermgr.event.host.99.powergood",
    ]) {
      for (const body of [garbageEvent, new Uint8Array(), Buffer.alloc(limit, 0xff)]) peer.publish(subject, body);
    }
    const result = v1.PowerOperationResult.encode({
      componentName: "host.0",
      operation: "on",
      success: true,
      currentState: "on",
      operationId: "nobodys",
    }).finish();
    peer.publish("powermgr.host.0.power.result", result);
    expectError(await peer.request("statemgr.host.0.action", new Uint8Array()), "INVALID_ARGUMENT");
  });
  const garbageEvent = bytes("ffffffffffffffffffff");
});

describe("after all of that", () => {
  afterEach(async () => {
    // The next check of what is untouched starts from here.
    before = await untouched();
    seq = await system().seq();
  });

  test("host.0 goes on and off as ever", async () => {
    await system().bring("host.0", "on");
    await system().bring("host.0", "off");
    expect(peer.errors).toEqual([]);
  });
});
