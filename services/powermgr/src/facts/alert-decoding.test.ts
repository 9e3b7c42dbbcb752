import { peerSubjects, schema, timestamp } from "@busbar/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAlert } from "./alert-decoding.ts";
import type { ThermalAlert } from "./thermal-alert.ts";

const { SensorAlert, ThermalEmergencyAlert } = schema.v1alpha1;
const at = 1_700_000_000_250;
const utf8 = (text: string) => new TextEncoder().encode(text);
const json = (value: unknown) => utf8(JSON.stringify(value));

const sensorAlert = (more: schema.v1alpha1.SensorAlert.$Properties = {}) =>
  SensorAlert.encode({
    type: "emergency_thermal",
    sensorId: "temp1",
    sensorName: "CPU 0",
    value: 96.5,
    threshold: 95,
    severity: "emergency",
    zoneName: "cpu",
    timestamp: timestamp(at),
    message: "too hot",
    ...more,
  }).finish();

const emergencyAlert = (more: schema.v1alpha1.ThermalEmergencyAlert.$Properties = {}) =>
  ThermalEmergencyAlert.encode({
    type: "emergency",
    sensorId: "temp1",
    zoneName: "cpu",
    temperature: 96.5,
    threshold: 95,
    severity: "emergency",
    timestamp: timestamp(at),
    message: "too hot",
    ...more,
  }).finish();

const expected: ThermalAlert = {
  severity: "emergency",
  zone: "cpu",
  sensor: "temp1",
  temperature: 96.5,
  threshold: 95,
  at,
  message: "too hot",
};

const { thermalEmergency, sensorEmergency, powermgrThermal } = peerSubjects;
const threshold = (severity: string) => `sensormon.events.threshold.${severity}`;

describe("an alert is read whichever way it is written", () => {
  it.each([
    ["SensorAlert", sensorAlert()],
    ["ThermalEmergencyAlert", emergencyAlert()],
    [
      "thermalmgr's JSON",
      json({
        type: "emergency",
        zone_name: "cpu",
        sensor_id: "temp1",
        temperature: 96.5,
        threshold: 95,
        severity: "emergency",
        timestamp: new Date(at).toISOString(),
        message: "too hot",
      }),
    ],
    [
      "the JSON that Go makes of the protobuf structure",
      json({
        zone_name: "cpu",
        sensor_id: "temp1",
        temperature: 96.5,
        threshold: 95,
        severity: "emergency",
        timestamp: { seconds: 1_700_000_000, nanos: 250_000_000 },
        message: "too hot",
      }),
    ],
  ])("%s", (_name, bytes) => {
    expect(decodeAlert(thermalEmergency, bytes)).toEqual({ alert: expected });
  });

  it("also where all fields that would tell the messages apart are empty", () => {
    const { alert } = decoded(
      decodeAlert(thermalEmergency, emergencyAlert({ zoneName: null, threshold: null, message: "" })),
    );
    expect(alert).toMatchObject({ temperature: 96.5, sensor: "temp1" });
    const sensor = decoded(decodeAlert(sensorEmergency, sensorAlert({ value: 0, severity: "", zoneName: null })));
    expect(sensor.alert).toMatchObject({ temperature: 0, threshold: 95, sensor: "temp1", severity: "emergency" });
  });

  it("a threshold event as sensormon prints it, with what it measures left open", () => {
    const event = utf8(
      `{\n\t"sensor_id": "fan3",\n\t"sensor_name": "Fan 3",\n\t"violation_type": "upper",\n\t"current_value": 12000.000000,` +
        `\n\t"threshold_value": 10000.000000,\n\t"severity": "critical",\n\t"timestamp": "2023-11-14T22:13:20Z"\n}`,
    );
    expect(decodeAlert(threshold("critical"), event)).toEqual({
      alert: { severity: "critical", sensor: "fan3", at: 1_700_000_000_000, message: "" },
    });
  });
});

describe("how bad it is", () => {
  it.each([
    [peerSubjects.thermalWarning, "emergency", "warning"],
    [peerSubjects.thermalCritical, "", "critical"],
    [thermalEmergency, "critical", "emergency"],
    [threshold("warning"), "warning", "warning"],
    [threshold("emergency"), "emergency", "critical"],
  ])("is said by the subject: %s with a body that says %s is %s", (subject, written, severity) => {
    expect(decoded(decodeAlert(subject, sensorAlert({ severity: written }))).alert.severity).toBe(severity);
  });

  it.each([
    ["emergency_shutdown", "", "emergency", "shutdown"],
    ["immediate_shutdown", "", "emergency", "shutdown"],
    ["power_throttle", "emergency", "critical", "less-power"],
    [null, "emergency", "emergency", undefined],
    [null, "warning", "warning", undefined],
  ])("is said by what thermalmgr wants of powermgr: %s, %s", (action, severity, expectedSeverity, wants) => {
    const { alert } = decoded(decodeAlert(powermgrThermal, emergencyAlert({ action, severity })));
    expect(alert.severity).toBe(expectedSeverity);
    expect(alert.wants).toBe(wants);
  });
});

describe("malformed is", () => {
  it.each<[string, string, Uint8Array]>([
    ["nothing at all", thermalEmergency, new Uint8Array()],
    ["an alert without a time", thermalEmergency, sensorAlert({ timestamp: null })],
    ["a severity nobody knows", thermalEmergency, sensorAlert({ severity: "hot" })],
    ["a temperature that is no number", thermalEmergency, emergencyAlert({ temperature: Number.NaN })],
    ["a temperature of no machine", thermalEmergency, emergencyAlert({ temperature: 1e9 })],
    ["an action nobody knows", powermgrThermal, emergencyAlert({ action: "reboot" })],
    ["a request that says neither what nor how bad", powermgrThermal, emergencyAlert({ action: null, severity: "" })],
    ["a name with control characters", thermalEmergency, emergencyAlert({ zoneName: "cpu\u001b[2J" })],
    [
      "JSON with a text for a temperature",
      thermalEmergency,
      json({ temperature: "hot", timestamp: "2023-11-14T22:13:20Z" }),
    ],
    ["JSON with a time of another format", thermalEmergency, json({ temperature: 96, timestamp: "yesterday" })],
    ["a severity that every object has", thermalEmergency, sensorAlert({ severity: "constructor" })],
    [
      "JSON with a structure for a severity",
      thermalEmergency,
      json({ severity: { toString: 1 }, timestamp: "2023-11-14T22:13:20Z" }),
    ],
    ["a list", thermalEmergency, json([1, 2])],
    ["cut JSON", thermalEmergency, json({ zone_name: "cpu", temperature: 96 }).subarray(0, 20)],
    ["a cut message", thermalEmergency, emergencyAlert().subarray(0, 30)],
    ["another message", thermalEmergency, utf8("\n\u0006host.0\u0010\u0001")],
    ["more than any alert has", thermalEmergency, sensorAlert({ message: "x".repeat(20_000) })],
    ["an alert on a subject of something else", "thermalmgr.data.temperature.1", sensorAlert()],
  ])("%s", (_name, subject, bytes) => {
    expect(decodeAlert(subject, bytes)).toEqual({ malformed: expect.any(String) });
  });
});

const subjects = fc.constantFrom(...Object.values(peerSubjects), threshold("critical"), threshold("x"), "");

/** What the rest of powermgr may rely on. */
const isSound = (result: ReturnType<typeof decodeAlert>) =>
  "malformed" in result ||
  (Number.isFinite(result.alert.at) &&
    ["warning", "critical", "emergency"].includes(result.alert.severity) &&
    (result.alert.temperature === undefined || Number.isFinite(result.alert.temperature)) &&
    result.alert.zone !== "");

describe("never throws and never makes up a value", () => {
  it("out of random bytes", () => {
    fc.assert(
      fc.property(subjects, fc.uint8Array({ maxLength: 300 }), (subject, bytes) =>
        isSound(decodeAlert(subject, bytes)),
      ),
      {
        numRuns: 5_000,
      },
    );
  });

  it("out of an alert with some bytes changed", () => {
    const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(subjects, fc.constantFrom(sensorAlert(), emergencyAlert()), changes, (subject, bytes, changed) => {
        const copy = Uint8Array.from(bytes);
        for (const [index, byte] of changed) copy[index % copy.length] = byte;
        return isSound(decodeAlert(subject, copy));
      }),
      { numRuns: 5_000 },
    );
  });

  it("out of any JSON", () => {
    fc.assert(fc.property(subjects, fc.json(), (subject, text) => isSound(decodeAlert(subject, utf8(text)))));
    const known = ["severity", "action", "zone_name", "sensor_id", "temperature", "threshold", "timestamp", "message"];
    const dictionaries = fc.dictionary(fc.constantFrom(...known), fc.jsonValue());
    fc.assert(fc.property(subjects, dictionaries, (subject, value) => isSound(decodeAlert(subject, json(value)))));
  });
});

function decoded(result: ReturnType<typeof decodeAlert>): { alert: ThermalAlert } {
  if ("alert" in result) return result;
  throw new Error(result.malformed);
}
