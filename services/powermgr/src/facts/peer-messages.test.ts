import { type BusbarError, schema, timestamp } from "@busbar/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSensors, decodeZone, encodeSensorsRequest, encodeZoneRequest } from "./peer-messages.ts";

const v1alpha1 = schema.v1alpha1;
const { ThermalZoneStatus, SensorContext, SensorStatus, SensorUnit } = v1alpha1;
const at = 1_700_000_000_000;

const zones = (...thermalZones: schema.v1alpha1.ThermalZone.$Properties[]) =>
  v1alpha1.GetThermalZoneResponse.encode({ thermalZones }).finish();
const sensors = (...sensor: schema.v1alpha1.Sensor.$Properties[]) =>
  v1alpha1.ListSensorsResponse.encode({ sensor }).finish();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

it("asks as u-bmc's services expect it", () => {
  expect(hex(encodeZoneRequest("cpu"))).toBe("0a03637075");
  expect(hex(encodeSensorsRequest())).toBe("");
});

describe("a zone", () => {
  const normal = { name: "cpu", currentTemperature: 41.5, status: ThermalZoneStatus.THERMAL_ZONE_STATUS_NORMAL };

  it("is read", () => {
    const bytes = zones(
      { ...normal, name: "other" },
      {
        ...normal,
        sensorNames: ["temp1"],
        lastUpdated: timestamp(at),
        customAttributes: { critical_temperature: "90" },
      },
    );
    expect(decodeZone("cpu", bytes)).toEqual({
      name: "cpu",
      temperature: 41.5,
      status: "normal",
      sensors: ["temp1"],
      critical: 90,
      measuredAt: at,
    });
  });

  it.each([
    ["nothing", new Uint8Array()],
    ["another zone only", zones({ ...normal, name: "other" })],
    ["a status that isn't defined", zones({ ...normal, status: 99 as never })],
    ["no status", zones({ ...normal, status: null })],
    ["a temperature that is no number", zones({ ...normal, currentTemperature: Number.NaN })],
    ["a temperature that can't be", zones({ ...normal, currentTemperature: 4_000 })],
    ["other bytes", Uint8Array.from([0xff, 0xff])],
  ])("is not made up out of %s", (_what, bytes) => {
    expect(() => decodeZone("cpu", bytes)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

describe("a sensor", () => {
  it.each([
    [40, SensorUnit.SENSOR_UNIT_CELSIUS, 40],
    [104, SensorUnit.SENSOR_UNIT_FAHRENHEIT, 40],
    [313.15, SensorUnit.SENSOR_UNIT_KELVIN, 40],
    [40, SensorUnit.SENSOR_UNIT_UNSPECIFIED, 40],
  ])("of temperature is read in °C: %d of unit %i", (value, unit, celsius) => {
    const [reading] = decodeSensors(
      sensors({
        id: "temp1",
        name: "CPU 0",
        context: SensorContext.SENSOR_CONTEXT_TEMPERATURE,
        status: SensorStatus.SENSOR_STATUS_ENABLED,
        unit,
        analogReading: { value, upperThresholds: { critical: value } },
        lastReadingTimestamp: timestamp(at),
        customAttributes: { thermal_zone: "cpu" },
      }),
    );
    expect(reading).toEqual({
      id: "temp1",
      name: "CPU 0",
      measures: "temperature",
      status: "ok",
      value: expect.closeTo(celsius),
      unit: "°C",
      critical: { high: expect.closeTo(celsius) },
      zone: "cpu",
      isAmbient: false,
      measuredAt: at,
    });
  });

  it.each([
    ["Inlet Temp", {}, true],
    ["Ambient", {}, true],
    ["Outlet", {}, false],
    ["CPU 0", { location: "ambient" }, true],
    ["Inlet of the pump", { location: "coolant" }, false],
  ])("%s %o measures the air that comes in: %s", (name, customAttributes, isAmbient) => {
    const context = SensorContext.SENSOR_CONTEXT_TEMPERATURE;
    expect(decodeSensors(sensors({ id: "1", name, context, customAttributes }))).toMatchObject([{ isAmbient }]);
  });

  it("without a name, or with a value that is none, takes nothing from the others", () => {
    const readings = decodeSensors(
      sensors(
        {},
        { id: "\u0007" },
        { id: "c", name: "\u001b[2J" },
        { id: "a", analogReading: { value: Number.NaN } },
        { id: "b", status: 77 as never },
      ),
    );
    expect(readings).toMatchObject([
      { id: "c", name: "c" },
      { id: "a", status: "unknown" },
      { id: "b", status: "unknown" },
    ]);
    expect(readings[1]).not.toHaveProperty("value");
  });
});

it("bytes of any kind are refused with a code or read without a made-up number", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        const finite = (value: number | undefined) => value === undefined || Number.isFinite(value);
        return decodeSensors(bytes).every(({ value, measuredAt }) => finite(value) && finite(measuredAt));
      } catch (error) {
        return (error as BusbarError).code === "INVALID_ARGUMENT";
      }
    }),
    { numRuns: 3_000 },
  );
});
