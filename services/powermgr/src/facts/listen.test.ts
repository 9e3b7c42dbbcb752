import { busReasons, type Delivery, type DeliveryHandler } from "@busbar/bus";
import { BusbarError, componentName, headers, milliseconds, peerSubjects, schema, timestamp } from "@busbar/contracts";
import { createLog, FakeClock, Metrics } from "@busbar/daemon";
import { type Policies, policyRows } from "@busbar/platform";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FactsService, startFacts } from "./listen.ts";

const host = componentName("host.0");
const v1alpha1 = schema.v1alpha1;
const { THERMAL_ZONE_STATUS_NORMAL } = v1alpha1.ThermalZoneStatus;

const policies = Object.fromEntries(
  ["safety", "thermal", "environment"].map((section) => [
    section,
    Object.fromEntries(
      [...policyRows].flatMap(([path, { usual }]) =>
        path.startsWith(`${section}.`) ? [[path.split(".")[1], usual]] : [],
      ),
    ),
  ]),
) as unknown as Policies;

const nobody = () =>
  new BusbarError("UNAVAILABLE", "nobody serves thermal_zone.info", { reason: busReasons.noResponders });

/** A bus with a thermalmgr and a sensormon on it, as long as they are there. */
class ToyBus {
  readonly handlers = new Map<string, DeliveryHandler>();
  readonly asked: string[] = [];
  connected = true;
  denied: string | undefined;
  /** What each peer does with a request: throws, or answers. */
  thermalmgr: () => Uint8Array = () => {
    throw nobody();
  };
  peerError: string | undefined;

  subscribe = async (subject: string, handler: DeliveryHandler) => {
    if (subject === this.denied) throw new BusbarError("PERMISSION_DENIED", `${subject} is denied`);
    this.handlers.set(subject, handler);
    return { subject, failures: 0, unsubscribe: () => void this.handlers.delete(subject) };
  };

  exchange = async (subject: string) => {
    this.asked.push(subject);
    const data = subject === peerSubjects.thermalZone ? this.thermalmgr() : new Uint8Array();
    return { data, header: (name: string) => (name === headers.serviceErrorCode ? this.peerError : undefined) };
  };

  deliver(subject: string, data: Uint8Array): void {
    const delivery: Delivery = { subject, data, header: () => undefined };
    void this.handlers.get(subject)?.(delivery);
  }
}

let clock: FakeClock;
let bus: ToyBus;
let metrics: Metrics;
let service: FactsService;

beforeEach(() => {
  clock = new FakeClock();
  bus = new ToyBus();
  metrics = new Metrics();
  service = startFacts({
    platform: { zones: new Map([["cpu", [host]]]) },
    policies: () => policies,
    clock,
    log: createLog({ name: "test", level: "silent" }),
    metrics,
  });
});

afterEach(() => service.stop());

const listen = () => service.listen(bus, new AbortController().signal);

const zone = (temperature: number, measuredAt = clock.now()) =>
  v1alpha1.GetThermalZoneResponse.encode({
    thermalZones: [
      {
        name: "cpu",
        currentTemperature: temperature,
        status: THERMAL_ZONE_STATUS_NORMAL,
        lastUpdated: timestamp(measuredAt),
      },
    ],
  }).finish();

const alert = (more: schema.v1alpha1.SensorAlert.$Properties = {}) =>
  v1alpha1.SensorAlert.encode({
    sensorId: "temp1",
    zoneName: "cpu",
    value: 97,
    severity: "emergency",
    timestamp: timestamp(clock.now()),
    ...more,
  }).finish();

const counted = () =>
  Object.fromEntries(
    [...metrics.text().matchAll(/^busbar_alerts_total\{outcome="(\w+)"\} (\d+)$/gm)].map((m) => [m[1], Number(m[2])]),
  );

describe("zones", () => {
  it("are asked for again and again, and nobody waits for the answer", async () => {
    bus.thermalmgr = () => zone(41);
    await listen();
    await clock.elapse(0);
    expect(service.facts.zone("cpu")).toMatchObject({ is: "known", value: { temperature: 41 } });
    bus.thermalmgr = () => zone(42);
    await clock.elapse(policies.thermal.refresh);
    expect(service.facts.zone("cpu")).toMatchObject({ value: { temperature: 42 } });
    expect(service.health()).toEqual({ status: "ok" });
  });

  it("are unknown when their service goes, and health says so until it is back", async () => {
    bus.thermalmgr = () => zone(41);
    await listen();
    await clock.elapse(0);
    bus.thermalmgr = () => {
      throw nobody();
    };
    await clock.elapse(60_000);
    expect(service.facts.zone("cpu").is).toBe("stale");
    expect(service.health()).toMatchObject({ status: "degraded", message: expect.stringMatching(/nobody serves/) });
    bus.thermalmgr = () => zone(41);
    await clock.elapse(10_000);
    expect(service.health()).toEqual({ status: "ok" });
  });

  it("of a service that never was there are no problem", async () => {
    await listen();
    await clock.elapse(120_000);
    expect(service.health()).toEqual({ status: "ok" });
    expect(service.facts.zone("cpu")).toEqual({ is: "never-heard" });
  });

  it("that their service can't tell are a problem from the first answer on", async () => {
    bus.thermalmgr = () => Uint8Array.from([0xff]);
    await listen();
    await clock.elapse(0);
    expect(service.health()).toMatchObject({
      status: "degraded",
      message: expect.stringMatching(/thermal_zone\.info cpu/),
    });
  });

  it("are not read out of an error", async () => {
    bus.thermalmgr = () => zone(41);
    bus.peerError = "500";
    await listen();
    await clock.elapse(0);
    expect(service.facts.zone("cpu")).toEqual({ is: "never-heard" });
  });
});

describe("the loss of temperatures", () => {
  it("is told once, and again after they were back", async () => {
    const losses: unknown[] = [];
    service.onThermalDataLost((loss) => losses.push(loss));
    await listen();
    await clock.elapse(120_000);
    expect(losses).toEqual([]);
    for (const count of [1, 2]) {
      bus.thermalmgr = () => zone(41);
      await clock.elapse(10_000);
      const last = zone(41);
      bus.thermalmgr = () => last; // it answers, but measures no more
      await clock.elapse(120_000);
      expect(losses).toEqual(Array(count).fill({ zones: ["cpu"], components: [host], connected: true }));
    }
  });
});

it("the loss of temperatures says when it is the broker that is gone", async () => {
  const losses: unknown[] = [];
  service.onThermalDataLost(({ connected }) => losses.push(connected));
  bus.thermalmgr = () => zone(41);
  await listen();
  await clock.elapse(0);
  bus.connected = false;
  bus.thermalmgr = () => {
    throw nobody();
  };
  await clock.elapse(60_000);
  expect(losses).toEqual([false]);
});

describe("an alert", () => {
  it("is told once with what its zone cools", async () => {
    const alerts: unknown[] = [];
    const emergencies: unknown[] = [];
    service.onAlert(({ severity, zone: where }, components) => alerts.push([severity, where, components]));
    service.onEmergency(({ zone: where }, components) => emergencies.push([where, components]));
    await listen();
    bus.deliver(peerSubjects.sensorEmergency, alert());
    bus.deliver(peerSubjects.thermalEmergency, alert());
    bus.deliver(peerSubjects.thermalCritical, alert());
    bus.deliver(peerSubjects.thermalEmergency, alert({ zoneName: "attic" }));
    expect(alerts).toEqual([
      ["emergency", "cpu", [host]],
      ["critical", "cpu", [host]],
      ["emergency", "attic", []],
    ]);
    expect(service.facts.alert("attic")).toEqual({ is: "never-heard" });
    expect(emergencies).toEqual([["cpu", [host]]]);
    expect(counted()).toEqual({ accepted: 3, duplicate: 1 });
    expect(service.facts.alert("cpu")).toMatchObject({ value: { severity: "emergency" } });
  });

  it("of a sensor belongs to the sensor's zone", async () => {
    const emergencies: unknown[] = [];
    service.onEmergency(({ zone: where }) => emergencies.push(where));
    service.facts.noteSensors([
      {
        id: "temp1",
        name: "CPU",
        measures: "temperature",
        status: "ok",
        unit: "°C",
        critical: {},
        zone: "cpu",
        isAmbient: false,
      },
    ]);
    await listen();
    bus.deliver(peerSubjects.sensorEmergency, alert({ zoneName: null }));
    expect(emergencies).toEqual(["cpu"]);
  });

  it("that is malformed, old or from the future is counted and changes nothing", async () => {
    service.onAlert(() => expect.unreachable());
    await listen();
    const { alertAge } = policies.thermal;
    bus.deliver(peerSubjects.thermalEmergency, Uint8Array.from([1, 2, 3]));
    bus.deliver(peerSubjects.thermalEmergency, alert({ timestamp: timestamp(clock.now() - alertAge - 1) }));
    bus.deliver(peerSubjects.thermalEmergency, alert({ timestamp: timestamp(clock.now() + alertAge + 1) }));
    expect(counted()).toEqual({ malformed: 1, old: 1, future: 1 });
    expect(service.facts.alert("cpu")).toEqual({ is: "never-heard" });
  });

  it("reaches every listener, also after one that throws", async () => {
    const heard: string[] = [];
    service.onAlert(() => {
      throw new Error("a bug");
    });
    service.onAlert(() => heard.push("second"));
    await listen();
    bus.deliver(peerSubjects.thermalEmergency, alert());
    expect(heard).toEqual(["second"]);
  });
});

it("what the broker denies is told by health, and the rest is heard", async () => {
  bus.denied = peerSubjects.thermalWarning;
  await listen();
  expect(service.health()).toMatchObject({ status: "degraded", message: expect.stringMatching(/alerts\.warning/) });
  expect(bus.handlers.has(peerSubjects.thermalEmergency)).toBe(true);
});

it("stops asking and listening", async () => {
  await listen();
  await clock.elapse(0);
  await service.stop();
  const asked = bus.asked.length;
  await clock.elapse(60_000);
  expect(bus.asked).toHaveLength(asked);
  expect(bus.handlers.size).toBe(0);
  expect(clock.pending).toBe(0);
});

it("waits no longer for a peer than until the next round", async () => {
  const timeouts: number[] = [];
  const exchange = async (_subject: string, _data: Uint8Array, options: { timeout: number }) => {
    timeouts.push(options.timeout);
    throw new BusbarError("DEADLINE_EXCEEDED", "no answer");
  };
  await service.listen({ subscribe: bus.subscribe, exchange, connected: true }, new AbortController().signal);
  await clock.elapse(0);
  expect(Math.max(...timeouts)).toBeLessThanOrEqual(milliseconds(5_000));
});
