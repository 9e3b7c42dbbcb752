import { BusbarError, epochMs, messageType, schema } from "@busbar/contracts";
import type { Limits, SensorReading, SensorStatus, ZoneReading, ZoneStatus } from "./readings.ts";

const v1alpha1 = schema.v1alpha1;
const { ThermalZoneStatus, SensorContext, SensorUnit } = v1alpha1;

const zoneRequest = messageType("GetThermalZoneRequest", v1alpha1.GetThermalZoneRequest);
const zoneResponse = messageType("GetThermalZoneResponse", v1alpha1.GetThermalZoneResponse);
const sensorsRequest = messageType("ListSensorsRequest", v1alpha1.ListSensorsRequest);
const sensorsResponse = messageType("ListSensorsResponse", v1alpha1.ListSensorsResponse);

/** °C. Colder or hotter than this is a broken sensor, or one that was read wrongly. */
const plausible = { least: -100, most: 250 };
const longestName = 128;

const zoneStatuses: ReadonlyMap<number, ZoneStatus> = new Map([
  [ThermalZoneStatus.THERMAL_ZONE_STATUS_NORMAL, "normal"],
  [ThermalZoneStatus.THERMAL_ZONE_STATUS_WARNING, "warning"],
  [ThermalZoneStatus.THERMAL_ZONE_STATUS_CRITICAL, "critical"],
  [ThermalZoneStatus.THERMAL_ZONE_STATUS_ERROR, "error"],
]);

const sensorStatuses: ReadonlyMap<number, SensorStatus> = new Map([
  [v1alpha1.SensorStatus.SENSOR_STATUS_ENABLED, "ok"],
  [v1alpha1.SensorStatus.SENSOR_STATUS_DISABLED, "absent"],
  [v1alpha1.SensorStatus.SENSOR_STATUS_NOT_PRESENT, "absent"],
  [v1alpha1.SensorStatus.SENSOR_STATUS_WARNING, "warning"],
  [v1alpha1.SensorStatus.SENSOR_STATUS_CRITICAL, "critical"],
  [v1alpha1.SensorStatus.SENSOR_STATUS_ERROR, "error"],
]);

const units: ReadonlyMap<number, string> = new Map([
  [SensorUnit.SENSOR_UNIT_VOLTS, "V"],
  [SensorUnit.SENSOR_UNIT_AMPS, "A"],
  [SensorUnit.SENSOR_UNIT_WATTS, "W"],
  [SensorUnit.SENSOR_UNIT_PERCENT, "%"],
  [SensorUnit.SENSOR_UNIT_RPM, "rpm"],
]);

/** A part of the sensor's name that says that it measures the air that comes in. */
const ambientWord = /\b(?:ambient|inlet)\b/i;

export const encodeZoneRequest = (name: string): Uint8Array => zoneRequest.encode({ name });

export const encodeSensorsRequest = (): Uint8Array => sensorsRequest.encode({});

/** @throws BusbarError INVALID_ARGUMENT for an answer that tells nothing about the zone */
export function decodeZone(name: string, bytes: Uint8Array): ZoneReading {
  const zone = zoneResponse.decode(bytes).thermalZones.find((candidate) => candidate.name === name);
  if (zone === undefined) throw invalid(`the answer holds no zone ${name}`);
  const temperature = zone.currentTemperature ?? 0;
  const status = zoneStatuses.get(zone.status ?? 0);
  if (status === undefined) throw invalid(`zone ${name} has the undefined status ${zone.status}`);
  if (!isPlausible(temperature)) throw invalid(`zone ${name} has a temperature that can't be one`);
  const critical = Number(zone.customAttributes?.critical_temperature ?? Number.NaN);
  const measuredAt = epochMs(zone.lastUpdated);
  return {
    name,
    temperature,
    status,
    sensors: zone.sensorNames ?? [],
    ...(isPlausible(critical) && { critical }),
    ...(isNumber(measuredAt) && { measuredAt }),
  };
}

/**
 * The sensors that can be made out; one that is broken takes none of the others with it.
 * @throws BusbarError INVALID_ARGUMENT for bytes that are no list of sensors
 */
export const decodeSensors = (bytes: Uint8Array): readonly SensorReading[] =>
  sensorsResponse.decode(bytes).sensor.flatMap((sensor) => sensorReading(sensor) ?? []);

function sensorReading(sensor: schema.v1alpha1.Sensor.$Properties): SensorReading | undefined {
  const [id, name = id] = [sensor.id, sensor.name].filter(isName);
  if (id === undefined || name === undefined) return undefined;
  const unit = sensor.unit ?? 0;
  const isTemperature = sensor.context === SensorContext.SENSOR_CONTEXT_TEMPERATURE;
  const measured = (value: number | null | undefined) => {
    const converted = isNumber(value) && isTemperature ? celsius(value, unit) : value;
    return isNumber(converted) && (!isTemperature || isPlausible(converted)) ? converted : undefined;
  };
  const value = measured(sensor.analogReading?.value);
  const measuredAt = epochMs(sensor.lastReadingTimestamp);
  const attributes = sensor.customAttributes ?? {};
  const zone = attributes.thermal_zone;
  const location = attributes.location;
  return {
    id,
    name,
    measures: isTemperature
      ? "temperature"
      : sensor.context === SensorContext.SENSOR_CONTEXT_HUMIDITY
        ? "humidity"
        : "other",
    status: sensorStatuses.get(sensor.status ?? 0) ?? "unknown",
    ...(value !== undefined && { value }),
    unit: isTemperature ? "°C" : (units.get(unit) ?? ""),
    critical: limits(
      measured(sensor.analogReading?.lowerThresholds?.critical),
      measured(sensor.analogReading?.upperThresholds?.critical),
    ),
    ...(zone && { zone }),
    isAmbient: isTemperature && (location === undefined ? ambientWord.test(name) : location === "ambient"),
    ...(isNumber(measuredAt) && { measuredAt }),
  };
}

const limits = (low: number | undefined, high: number | undefined): Limits => ({
  ...(low !== undefined && { low }),
  ...(high !== undefined && { high }),
});

function celsius(value: number, unit: number): number {
  if (unit === SensorUnit.SENSOR_UNIT_FAHRENHEIT) return ((value - 32) * 5) / 9;
  return unit === SensorUnit.SENSOR_UNIT_KELVIN ? value - 273.15 : value;
}

/** What people and logs can be shown. */
const isName = (text: string | null | undefined): text is string =>
  typeof text === "string" && text.length > 0 && text.length <= longestName && !/\p{C}/u.test(text);

const isNumber = (value: number | null | undefined): value is number => Number.isFinite(value);

const isPlausible = (temperature: number): boolean => temperature >= plausible.least && temperature <= plausible.most;

const invalid = (message: string) =>
  new BusbarError("INVALID_ARGUMENT", message, { remedy: "check the peer's version and configuration" });
