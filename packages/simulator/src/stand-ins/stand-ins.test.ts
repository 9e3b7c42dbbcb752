import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, type Bus, connectBus, type Delivery, startBroker } from "@busbar/bus";
import { busbar, milliseconds, peerSubjects, schema, subjects } from "@busbar/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publish } from "./publish.ts";
import { Sensormon } from "./sensormon.ts";
import { Thermalmgr } from "./thermalmgr.ts";

const v1alpha1 = schema.v1alpha1;
const timeout = milliseconds(10_000);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

let storeDir: string;
let broker: Broker;
let bus: Bus;
let thermalmgr: Thermalmgr;
let sensormon: Sensormon;

beforeAll(async () => {
  storeDir = mkdtempSync(join(tmpdir(), "stand-ins-"));
  broker = await startBroker({ storeDir });
  bus = await connectBus({ url: broker.url, name: "test", log: quiet });
  thermalmgr = await Thermalmgr.start(bus);
  sensormon = await Sensormon.start(bus);
});

afterAll(async () => {
  await thermalmgr.stop();
  await sensormon.stop();
  await bus.close(milliseconds(100));
  await broker.kill();
  rmSync(storeDir, { recursive: true, force: true });
});

/** The next message on a subject, sent by `act`. */
async function heard(subject: string, act: () => Promise<void>): Promise<Delivery> {
  let arrived: (delivery: Delivery) => void = () => {};
  const delivery = new Promise<Delivery>((resolve) => {
    arrived = resolve;
  });
  const subscription = await bus.subscribe(subject, arrived);
  await act();
  const result = await delivery;
  subscription.unsubscribe();
  return result;
}

const zone = (name: string) =>
  bus.exchange(peerSubjects.thermalZone, v1alpha1.GetThermalZoneRequest.encode({ name }).finish(), { timeout });

describe("thermalmgr", () => {
  it("answers for the zones that it was given", async () => {
    thermalmgr.set("cpu", () => ({ temperature: 41, sensors: ["temp1"] }));
    const { thermalZones } = v1alpha1.GetThermalZoneResponse.decode((await zone("cpu")).data);
    expect(thermalZones).toMatchObject([{ name: "cpu", currentTemperature: 41, sensorNames: ["temp1"], status: 1 }]);
    expect((await zone("other")).header("Nats-Service-Error-Code")).toBe("404");
    expect(thermalmgr.questions).toBe(2);
  });

  it("warns in protobuf and in JSON", async () => {
    const alert = { severity: "critical", zone: "cpu", temperature: 91, at: 1_700_000_000_000 } as const;
    const binary = await heard(peerSubjects.thermalCritical, () => thermalmgr.alert(alert, "protobuf"));
    expect(v1alpha1.ThermalEmergencyAlert.decode(binary.data)).toMatchObject({ zoneName: "cpu", temperature: 91 });
    const text = await heard(peerSubjects.thermalCritical, () => thermalmgr.alert(alert, "json"));
    expect(JSON.parse(new TextDecoder().decode(text.data))).toMatchObject({
      zone_name: "cpu",
      temperature: 91,
      timestamp: "2023-11-14T22:13:20.000Z",
    });
  });

  it("asks powermgr for less power", async () => {
    const request = await heard(peerSubjects.powermgrThermal, () =>
      thermalmgr.demand("power_throttle", { severity: "critical", zone: "cpu", temperature: 91 }),
    );
    expect(v1alpha1.ThermalEmergencyAlert.decode(request.data)).toMatchObject({ action: "power_throttle" });
  });

  it("counts powermgr's operations by their state", async () => {
    const state = busbar.v1.OperationState.OPERATION_STATE_SUCCEEDED;
    const event = busbar.v1.Operation.encode({ id: "1", state }).finish();
    const subject = subjects.everyOperationEvent.replace("*.*", "host.0");
    await heard(subjects.everyOperationEvent, () => publish(bus, subject, event));
    expect(thermalmgr.operations("OPERATION_STATE_SUCCEEDED")).toBe(1);
    expect(thermalmgr.operations("OPERATION_STATE_FAILED")).toBe(0);
  });
});

describe("sensormon", () => {
  it("lists the sensors that are there", async () => {
    sensormon.set("temp1", { context: "temperature", value: 41, critical: 95, zone: "cpu" });
    sensormon.set("fan1", { context: "tach", value: 3_000 });
    sensormon.remove("fan1");
    const { data } = await bus.exchange(peerSubjects.sensors, new Uint8Array(), { timeout });
    expect(v1alpha1.ListSensorsResponse.decode(data).sensor).toMatchObject([
      { id: "temp1", analogReading: { value: 41 }, customAttributes: { thermal_zone: "cpu" } },
    ]);
  });

  it("warns", async () => {
    const alert = { sensor: "temp1", value: 97, threshold: 95 };
    const emergency = await heard(peerSubjects.sensorEmergency, () => sensormon.emergency(alert));
    expect(v1alpha1.SensorAlert.decode(emergency.data)).toMatchObject({ sensorId: "temp1", value: 97 });
    const event = await heard(peerSubjects.sensorThreshold, () => sensormon.threshold("warning", alert));
    expect(event.subject).toBe("sensormon.events.threshold.warning");
    expect(JSON.parse(new TextDecoder().decode(event.data))).toMatchObject({ current_value: 97, severity: "warning" });
  });
});

it("what nobody listens to is sent all the same", async () => {
  await expect(publish(bus, "nobody.here", new Uint8Array())).resolves.toBeUndefined();
});
