import { peerSubjects } from "@busbar/contracts";
import { type AlertFields, alertFields } from "./alert-fields.ts";
import type { Severity, ThermalAlert } from "./thermal-alert.ts";

export type DecodedAlert = { readonly alert: ThermalAlert } | { readonly malformed: string };

/** No alert of any peer comes near it; what does isn't worth the time that a pulse may need. */
const mostBytes = 16 * 1024;
const longestName = 128;
const longestMessage = 512;

/** °C. What lies outside is no temperature that electronics are found at. */
const coldest = -100;
const hottest = 1_000;

const severities: ReadonlyMap<unknown, Severity> = new Map([
  ["warning", "warning"],
  ["critical", "critical"],
  ["emergency", "emergency"],
]);

/** What u-bmc's thermalmgr may ask for on powermgr.emergency.thermal. */
const actions: ReadonlyMap<unknown, NonNullable<ThermalAlert["wants"]>> = new Map([
  ["emergency_shutdown", "shutdown"],
  ["immediate_shutdown", "shutdown"],
  ["power_throttle", "less-power"],
]);

const thresholdPrefix = peerSubjects.sensorThreshold.slice(0, -1);

/** Never throws: an alert comes from outside, and a thermal emergency is the worst moment to fall over. */
export function decodeAlert(subject: string, bytes: Uint8Array): DecodedAlert {
  if (bytes.length === 0) return { malformed: "empty" };
  if (bytes.length > mostBytes) return { malformed: `${bytes.length} bytes` };
  const readings = alertFields(bytes);
  if (readings.length === 0) return { malformed: "neither JSON nor an alert message" };
  const decoded = readings.map((fields) => checkedAlert(subject, fields));
  const [alert, other] = decoded.filter((one) => "alert" in one);
  if (alert && other) return { malformed: "can be read as two messages" };
  return alert ?? decoded[0] ?? { malformed: "not an alert" };
}

function checkedAlert(subject: string, fields: AlertFields): DecodedAlert {
  const written = severities.get(lowerCase(fields.severity));
  if (!isAbsent(fields.severity) && written === undefined) return { malformed: "an unknown severity" };
  const wants = actions.get(lowerCase(fields.action));
  if (subject === peerSubjects.powermgrThermal && !isAbsent(fields.action) && wants === undefined) {
    return { malformed: "an unknown action" };
  }
  const severity = severityOf(subject, written, wants);
  if (severity === undefined) return { malformed: "no severity" };
  const { at } = fields;
  if (typeof at !== "number" || !Number.isFinite(at)) return { malformed: "no time" };
  const names = [fields.zone, fields.sensor];
  if (names.some((name) => !isAbsent(name) && !isName(name))) return { malformed: "a name that can't be one" };
  // A threshold event doesn't say what its value measures: it may be a fan's.
  const measures = subject.startsWith(thresholdPrefix) ? [] : [fields.temperature, fields.threshold];
  if (measures.some((measure) => measure != null && !isMeasure(measure))) return { malformed: "a value out of range" };
  const [zone, sensor] = names.map((name) => (isName(name) ? name : undefined));
  const [temperature, threshold] = measures.map((measure) => (isMeasure(measure) ? measure : undefined));
  return {
    alert: {
      severity,
      ...(wants && { wants }),
      ...(zone !== undefined && { zone }),
      ...(sensor !== undefined && { sensor }),
      ...(temperature !== undefined && { temperature }),
      ...(threshold !== undefined && { threshold }),
      at,
      message: printable(fields.message),
    },
  };
}

/**
 * The subject decides: who may publish on it is settled by the broker, what a body claims is not. A threshold event is
 * never an emergency, because any kind of sensor sends it. On powermgr.emergency.thermal a peer says what it wants.
 */
function severityOf(
  subject: string,
  written: Severity | undefined,
  wants: ThermalAlert["wants"],
): Severity | undefined {
  switch (subject) {
    case peerSubjects.thermalWarning:
      return "warning";
    case peerSubjects.thermalCritical:
      return "critical";
    case peerSubjects.thermalEmergency:
    case peerSubjects.sensorEmergency:
      return "emergency";
    case peerSubjects.powermgrThermal:
      return wants === "shutdown" ? "emergency" : wants === "less-power" ? "critical" : written;
  }
  if (!subject.startsWith(thresholdPrefix)) return undefined;
  const told = severities.get(subject.slice(thresholdPrefix.length));
  return told === "emergency" ? "critical" : told;
}

/** Protobuf has no absent text without `optional`: an empty one is. */
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === "";

const lowerCase = (value: unknown): unknown => (typeof value === "string" ? value.toLowerCase() : value);

const isName = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= longestName && !/\p{C}/u.test(value);

const isMeasure = (value: unknown): value is number =>
  typeof value === "number" && value >= coldest && value <= hottest;

const printable = (value: unknown): string =>
  typeof value === "string" ? value.replace(/\p{C}+/gu, " ").slice(0, longestMessage) : "";
