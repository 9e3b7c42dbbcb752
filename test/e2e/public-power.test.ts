import { type BusbarError, componentName, endpoints, milliseconds } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { patienceMs } from "./bounded.ts";
import { useSystem } from "./system.ts";

// Seed 001's subjects: the action is the subject's, the component is in the body. Behind them is the same door.

const system = useSystem();

type Name = "hosts-power-on" | "hosts-power-off" | "hosts-reset" | "chassis-power-on" | "chassis-power-off";
type Body = Parameters<(typeof endpoints.publicPower)[number]["request"]["encode"]>[0];
type Headers = NonNullable<NonNullable<Parameters<ReturnType<typeof system>["bus"]["request"]>[2]>["headers"]>;

async function ask(name: Name, body: Body, headers: Headers = {}) {
  const endpoint = endpoints.publicPower.find((row) => row.name === name);
  if (endpoint === undefined) throw new Error(`no endpoint ${name}`);
  return system().bus.request(endpoint, body, { timeout: milliseconds(patienceMs), headers });
}

const refusal = (name: Name, body: Body, headers: Headers = {}): Promise<BusbarError> =>
  ask(name, body, headers).then(
    () => Promise.reject(new Error("it was taken")),
    (error: BusbarError) => error,
  );

test("powermgr.hosts.power.on goes through statemgr, which knows who asked, and brings the chassis along", async () => {
  await system().bring("chassis.0", "off");
  const mark = system().changes.mark;
  const {
    message,
    outcome,
    operationId = "",
  } = await ask("hosts-power-on", { componentName: "host.0", requestId: "seed-1" }, { actor: "seed" });
  expect(outcome).toBe("accepted");
  expect(message).toMatchObject({ accepted: true, currentState: "transitioning", requestId: "seed-1" });
  const latest = Number(message.estimatedCompletion?.seconds) * 1000;
  expect(latest).toBeGreaterThan(Date.now());
  const ended = await system().ends("host.0", operationId, mark);
  expect(ended).toMatchObject({ current: "HOST_STATUS_ON", origin: { actor: "seed", requestId: "seed-1" } });
  expect((await system().state("chassis.0")).status).toBe("CHASSIS_STATUS_ON");
});

test("the same request id has one effect, whether it is in the body or in the header", async () => {
  await system().bring("host.0", "off");
  const seq = await system().seq();
  const [first, second] = await Promise.all([
    ask("hosts-power-on", { componentName: "host.0", requestId: "once" }),
    ask("hosts-power-on", { componentName: "host.0" }, { requestId: "once" }),
  ]);
  expect(second.operationId).toBe(first.operationId);
  await system().ends("host.0", first.operationId ?? "");
  expect(await system().pulses("power-button-0", seq)).toHaveLength(1);
});

test("what is so already is a no-op that presses nothing", async () => {
  await system().bring("host.0", "on");
  const seq = await system().seq();
  const { message, outcome } = await ask("hosts-power-on", { componentName: "host.0", action: "on" });
  expect(outcome).toBe("no-op");
  expect(message).toMatchObject({ accepted: true, currentState: "on", estimatedCompletion: null });
  expect(await system().pulses("power-button-0", seq)).toEqual([]);
});

describe("each subject does its own", () => {
  test.each([
    ["hosts-reset", { componentName: "host.0", action: "reset" }, "HOST_ACTION_REBOOT", "HOST_STATUS_ON"],
    ["hosts-reset", { componentName: "host.0", force: true }, "HOST_ACTION_FORCE_RESTART", "HOST_STATUS_ON"],
    ["hosts-power-off", { componentName: "host.0", action: "power_off" }, "HOST_ACTION_OFF", "HOST_STATUS_OFF"],
    ["hosts-power-off", { componentName: "host.0", force: true }, "HOST_ACTION_FORCE_OFF", "HOST_STATUS_OFF"],
  ] as const)("%s with %j", async (name, body, action, status) => {
    await system().bring("host.0", "on");
    const mark = system().changes.mark;
    const { operationId = "" } = await ask(name, body);
    expect(await system().ends("host.0", operationId, mark)).toMatchObject({ cause: action, current: status });
  });

  test.each([
    ["chassis-power-on", { componentName: "chassis.0" }, "CHASSIS_ACTION_ON", "CHASSIS_STATUS_ON"],
    ["chassis-power-off", { componentName: "chassis.0" }, "CHASSIS_ACTION_OFF", "CHASSIS_STATUS_OFF"],
    [
      "chassis-power-off",
      { componentName: "chassis.0", force: true },
      "CHASSIS_ACTION_EMERGENCY_SHUTDOWN",
      "CHASSIS_STATUS_OFF",
    ],
  ] as const)("%s with %j", async (name, body, action, status) => {
    await system().bring("chassis.0", name === "chassis-power-on" ? "off" : "on");
    const mark = system().changes.mark;
    const { operationId = "" } = await ask(name, body);
    expect(await system().ends("chassis.0", operationId, mark)).toMatchObject({ cause: action, current: status });
  });
});

describe("is refused, and presses nothing:", () => {
  test.each([
    ["no component", "hosts-power-on", {}, {}, "INVALID_ARGUMENT"],
    ["a component of another kind", "hosts-power-on", { componentName: "chassis.0" }, {}, "INVALID_ARGUMENT"],
    ["what is no name", "hosts-power-off", { componentName: "host.0; rm" }, {}, "INVALID_ARGUMENT"],
    ["a host that isn't there", "hosts-power-off", { componentName: "host.77" }, {}, "NOT_FOUND"],
    ["another action", "hosts-power-on", { componentName: "host.0", action: "off" }, {}, "INVALID_ARGUMENT"],
    ["an on by force", "hosts-power-on", { componentName: "host.0", force: true }, {}, "INVALID_ARGUMENT"],
    [
      "two request ids",
      "hosts-power-on",
      { componentName: "host.0", requestId: "a" },
      { requestId: "b" },
      "INVALID_ARGUMENT",
    ],
    [
      "a request id with a line break",
      "hosts-power-on",
      { componentName: "host.0", requestId: "a\nb" },
      {},
      "INVALID_ARGUMENT",
    ],
    ["a timeout of hours", "hosts-power-on", { componentName: "host.0", timeoutMs: 4_000_000 }, {}, "INVALID_ARGUMENT"],
  ] as const)("%s", async (_, name, body, headers, code) => {
    const seq = await system().seq();
    const error = await refusal(name, body, headers);
    expect(error).toMatchObject({ code });
    expect(error.remedy).toBeTruthy();
    expect((await system().journal(seq)).filter(({ type }) => type === "edge")).toEqual([]);
  });
});

test("off works without statemgr, and is adopted when it comes back", async () => {
  await system().bring("host.0", "on");
  const { statemgr } = system().suite.processes;
  const seq = await system().seq();
  await statemgr.stop();
  try {
    const { operationId = "", message } = await ask("hosts-power-off", { componentName: "host.0" });
    expect(operationId).toMatch(/^bypass-/);
    expect(message.currentState).toBe("transitioning");
    await system().entry(
      (entry) => entry.type === "power" && entry.component === componentName("host.0") && entry.state === "off",
      seq,
    );
    expect(await refusal("hosts-power-on", { componentName: "host.1" })).toMatchObject({ code: "UNAVAILABLE" });
  } finally {
    // What was done without it has no accepted request.
    await system().board.intent({ operation: "bypass", component: componentName("host.0"), effect: "off" });
    statemgr.start();
    await system().answers();
  }
  await system().agrees();
});
