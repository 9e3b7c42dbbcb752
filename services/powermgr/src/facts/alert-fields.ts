import { epochMs, schema } from "@busbar/contracts";
import { wireFields } from "./wire-fields.ts";

/** An alert's fields under one name each; nothing about them is checked yet. */
export interface AlertFields {
  readonly severity?: unknown;
  readonly action?: unknown;
  readonly zone?: unknown;
  readonly sensor?: unknown;
  readonly temperature?: unknown;
  readonly threshold?: unknown;
  /** Milliseconds since 1970. */
  readonly at?: unknown;
  readonly message?: unknown;
}

const { SensorAlert, ThermalEmergencyAlert } = schema.v1alpha1;

const double = 1;
const text = 2;

/** The two messages have the same field numbers, and only their wire types tell them apart. */
const sensorAlertTypes = [text, text, text, double, double, text, text, text, text];
const emergencyAlertTypes = [text, text, text, text, double, double, text, text, text, text];

const openingBrace = 0x7b;
const spaces: ReadonlySet<number | undefined> = new Set([0x09, 0x0a, 0x0d, 0x20]);

/**
 * The ways in which these bytes can be read as an alert. u-bmc's sensormon sends SensorAlert, its thermalmgr JSON, and
 * ThermalEmergencyAlert is what its powermgr expects; the subject says nothing about which one comes. More than one way
 * is left only where the fields that would tell are empty.
 */
export function alertFields(bytes: Uint8Array): readonly AlertFields[] {
  const start = bytes.findIndex((byte) => !spaces.has(byte));
  if (bytes[start] === openingBrace) {
    const fields = jsonFields(bytes);
    if (fields) return [fields];
    // As the first byte it would begin a group, which neither message has. Later it may be a letter in a text.
    if (start === 0) return [];
  }
  const wire = wireFields(bytes);
  if (wire === undefined || wire.size === 0) return [];
  const fits = (types: readonly number[]) =>
    [...wire].every(([field, type]) => types[field - 1] === undefined || types[field - 1] === type);
  return [
    ...(fits(emergencyAlertTypes) ? decoded(() => emergencyAlertFields(bytes)) : []),
    ...(fits(sensorAlertTypes) && !wire.has(10) ? decoded(() => sensorAlertFields(bytes)) : []),
  ];
}

/** Strings that aren't UTF-8 and broken timestamps still make protobufjs throw. */
function decoded(decode: () => AlertFields): AlertFields[] {
  try {
    return [decode()];
  } catch {
    return []; // the caller counts and logs bytes that nothing can be made of
  }
}

function sensorAlertFields(bytes: Uint8Array): AlertFields {
  const alert = SensorAlert.decode(bytes);
  return {
    severity: alert.severity,
    zone: alert.zoneName,
    sensor: alert.sensorId || alert.sensorName,
    temperature: alert.value,
    threshold: alert.threshold,
    at: epochMs(alert.timestamp),
    message: alert.message,
  };
}

function emergencyAlertFields(bytes: Uint8Array): AlertFields {
  const alert = ThermalEmergencyAlert.decode(bytes);
  return {
    severity: alert.severity,
    action: alert.action,
    zone: alert.zoneName,
    sensor: alert.sensorId || alert.sensorName,
    temperature: alert.temperature,
    threshold: alert.threshold,
    at: epochMs(alert.timestamp),
    message: alert.message,
  };
}

/** Names as thermalmgr, sensormon's threshold events, and protobuf's own JSON mapping write them. */
function jsonFields(bytes: Uint8Array): AlertFields | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined; // the caller counts and logs it
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const fields = new Map(Object.entries(value));
  const first = (...names: string[]) => names.map((name) => fields.get(name)).find((found) => found != null);
  return {
    severity: first("severity"),
    action: first("action"),
    zone: first("zone_name", "zoneName", "zone"),
    sensor: first("sensor_id", "sensorId", "sensor_name", "sensorName"),
    temperature: first("temperature", "current_temperature", "value", "current_value"),
    threshold: first("threshold", "threshold_value"),
    at: jsonTime(first("timestamp")),
    message: first("message"),
  };
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** RFC 3339, or what Go's encoding/json makes of a protobuf timestamp. */
function jsonTime(value: unknown): unknown {
  if (typeof value === "string") return rfc3339.test(value) ? Date.parse(value) : undefined;
  if (typeof value !== "object" || value === null || !("seconds" in value)) return undefined;
  const nanos = "nanos" in value ? value.nanos : 0;
  return typeof value.seconds === "number" && typeof nanos === "number"
    ? value.seconds * 1000 + nanos / 1e6
    : undefined;
}
