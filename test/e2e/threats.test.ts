import { busbar, componentName, endpoints, milliseconds, subjects } from "@busbar/contracts";
import { type AlertEncoding, Thermalmgr } from "@busbar/simulator/stand-ins";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually, patienceMs } from "./bounded.ts";
import { extraLines } from "./extra-lines.ts";
import { drivenEdges } from "./journal.ts";
import { useSystem } from "./system.ts";

// What cuts power by itself: alerts of a zone that the platform maps, and the lines by which hardware calls for help.

const lines = extraLines({ powerButton: "pass-through", wired: "direct" });
const system = useSystem({
  changes: {
    ...lines,
    platform: [
      ...(lines.platform ?? []),
      ["policies:\n", "zones:\n  cpu-0: [host.0]\n  cpu-1: [host.1]\npolicies:\n  thermal: { refresh: 500ms }\n"],
    ],
  },
  expectedErrors: [/"msg":"emergency off"/],
});
const timeout = milliseconds(patienceMs);
const host0 = componentName("host.0");
const host1 = componentName("host.1");
const { POWER_ON, POWER_OFF } = busbar.v1.Power;

let thermalmgr: Thermalmgr;
beforeAll(async () => {
  thermalmgr = await Thermalmgr.start(system().bus);
});
afterAll(() => thermalmgr.stop());

const status = async () => (await system().bus.request(endpoints.emergencyGet, {}, { timeout })).message;
const clear = async () =>
  (await system().bus.request(endpoints.emergencyClear, { reason: "test" }, { timeout })).message;
const powers = async () =>
  Object.fromEntries((await system().powerStatus()).map(({ component, power }) => [component, power]));
const latched = () => eventually("it is latched", async () => ((await status()).latched ? status() : undefined));
const isPower = (component: string, power: busbar.v1.Power) =>
  eventually(`${component} is so`, async () => (await powers())[component] === power || undefined);

/** The zones are measured again, and cool. */
async function cool(): Promise<void> {
  for (const zone of ["cpu-0", "cpu-1"]) thermalmgr.set(zone, { temperature: 40 });
  await eventually("no cause persists", async () => (await status()).persisting.length === 0 || undefined);
}

afterEach(async () => {
  await system().board.clearFaults();
  await cool();
  await clear();
});

const emergency = { severity: "emergency", zone: "cpu-0", temperature: 112, message: "on fire" } as const;

describe("an emergency alert", () => {
  test.each<AlertEncoding>(["protobuf", "json"])(
    "in %s cuts what its zone cools, and nothing else",
    async (encoding) => {
      await system().bring("host.0", "on");
      await system().bring("host.1", "on");
      await thermalmgr.alert(emergency, encoding);
      expect(await latched()).toMatchObject({
        source: busbar.v1.EmergencySource.EMERGENCY_SOURCE_THERMAL,
        reason: expect.stringContaining("zone cpu-0 (112.0 °C): on fire"),
        components: ["host.0"],
      });
      await isPower("host.0", POWER_OFF);
      expect(await powers()).toMatchObject({ "chassis.0": POWER_ON, "host.1": POWER_ON });
      await system().agrees();
    },
  );

  test("keeps power off until its zone is cool: clearing is refused, with the cause", async () => {
    await system().bring("host.0", "on");
    const measuredAt = Date.now();
    thermalmgr.set("cpu-0", { temperature: 99, measuredAt });
    await thermalmgr.alert({ ...emergency, at: measuredAt + 1 }, "protobuf");
    await latched();
    await isPower("host.0", POWER_OFF);
    await expect(clear()).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "cause-persists",
      message: expect.stringContaining("cpu-0"),
    });
    await cool();
    expect(await clear()).toMatchObject({ latched: false });
    await system().bring("host.0", "on");
  });

  test.each([
    ["of a zone that nobody maps", { ...emergency, zone: "dimms" }],
    ["that is minutes old, as a redelivered one is", { ...emergency, at: Date.now() - 600_000 }],
    ["that only warns", { ...emergency, severity: "warning" as const }],
  ])("%s cuts nothing", async (_, alert) => {
    await system().bring("host.0", "on");
    const seq = await system().seq();
    await thermalmgr.alert(alert, "protobuf");
    // The same connection carries the question: powermgr has the alert when it answers.
    expect(await status()).toMatchObject({ latched: false });
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
  });

  test("that asks for less power cuts nothing", async () => {
    await system().bring("host.0", "on");
    await thermalmgr.demand("power_throttle", emergency);
    expect(await status()).toMatchObject({ latched: false });
    expect((await powers())["host.0"]).toBe(POWER_ON);
  });

  test("a thousand times is one emergency with one hold", async () => {
    await system().bring("host.0", "on");
    const seq = await system().seq();
    for (let index = 0; index < 1_000; index += 1) {
      await thermalmgr.alert({ ...emergency, message: `on fire ${index}` }, index % 2 === 0 ? "protobuf" : "json");
    }
    const { operationIds } = await latched();
    await isPower("host.0", POWER_OFF);
    expect((await status()).operationIds).toEqual(operationIds);
    expect(await system().pulses("power-button-0", seq)).toHaveLength(1);
  });

  test("cuts while statemgr hangs, and an ON in progress makes way", async () => {
    await system().bring("host.1", "on");
    await system().bring("host.0", "off");
    const { statemgr } = system().suite.processes;
    await system().accepted("host.0", "HOST_ACTION_ON");
    statemgr.signal("SIGSTOP");
    try {
      await thermalmgr.alert(emergency, "json");
      await latched();
      await isPower("host.0", POWER_OFF);
    } finally {
      statemgr.signal("SIGCONT");
    }
    await system().agrees();
    expect((await powers())["host.1"]).toBe(POWER_ON);
  });
});

describe("a thermtrip line", () => {
  test("cuts its host, is told as a fault with that response, and keeps the latch while it is active", async () => {
    await system().bring("host.0", "on");
    await system().bring("host.1", "on");
    const faults: busbar.v1.FaultEvent[] = [];
    const subscription = await system().bus.subscribe(subjects.fault(host1), ({ data }) => {
      faults.push(busbar.v1.FaultEvent.decode(data));
    });
    await system().board.setFault({ kind: "line-stuck", line: "thermtrip-1", level: "low" });
    expect(await latched()).toMatchObject({
      source: busbar.v1.EmergencySource.EMERGENCY_SOURCE_LINE,
      components: ["host.1"],
    });
    await isPower("host.1", POWER_OFF);
    expect((await powers())["host.0"]).toBe(POWER_ON);
    await eventually("the fault is told", async () => faults.length > 0 || undefined);
    expect(faults[0]).toMatchObject({ code: "thermtrip", active: true, response: "immediate_off" });
    await expect(clear()).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    subscription.unsubscribe();
  });

  test("that is active when powermgr starts again cuts its host, with one hold", async () => {
    await system().bring("host.0", "on");
    const { powermgr } = system().suite.processes;
    await powermgr.stop();
    const seq = await system().seq();
    await system().board.setFault({ kind: "line-stuck", line: "thermtrip-0", level: "low" });
    powermgr.start();
    await system().answers();
    const { operationIds } = await latched();
    await isPower("host.0", POWER_OFF);
    expect(operationIds).toHaveLength(1);
    expect(await system().pulses("power-button-0", seq)).toHaveLength(1);
    await system().agrees();
  });

  test("cuts its host without a broker", async () => {
    await system().bring("host.0", "on");
    const { broker } = system().suite.processes;
    const seq = await system().seq();
    // Nobody can tell the judge of it while there is no broker.
    await system().board.intent({ operation: "thermtrip", component: host0, effect: "force-off" });
    await broker.stop();
    try {
      await system().board.setFault({ kind: "line-stuck", line: "thermtrip-0", level: "low" });
      await system().entry(
        (entry) => entry.type === "power" && entry.component === host0 && entry.state === "off",
        seq,
      );
    } finally {
      broker.start();
      await system().answers();
    }
    await latched();
    await system().agrees();
  });
});

test("thermalmgr hears of an operation when it starts and when it has ended", async () => {
  await system().bring("host.0", "off");
  const count = () => [
    thermalmgr.operations("OPERATION_STATE_RUNNING"),
    thermalmgr.operations("OPERATION_STATE_SUCCEEDED"),
  ];
  const [started = 0, ended = 0] = count();
  await system().done("host.0", "HOST_ACTION_ON");
  await eventually("both were heard", async () => {
    expect(count()).toEqual([started + 1, ended + 1]);
    return true;
  });
});

test("powermgr's own subject for thermal emergencies cuts power, too", async () => {
  await system().bring("host.0", "on");
  await thermalmgr.demand("emergency_shutdown", emergency);
  await latched();
  await isPower("host.0", POWER_OFF);
});
