import { BusbarError } from "./busbar-error.ts";
import { type ComponentKind, type ComponentName, componentKinds, isComponentName } from "./component.ts";

/** The only place where subjects are put together and taken apart (DESIGN §4). */
export const subjects = {
  action: (service: "powermgr" | "statemgr", component: ComponentName) => `${service}.${component}.action`,
  /** What one endpoint listens to: every index of a kind, so that an unknown one gets NOT_FOUND, not "no responders". */
  everyOf: (service: "powermgr" | "statemgr", kind: ComponentKind, verb: string) => `${service}.${kind}.*.${verb}`,
  component: (service: "powermgr" | "statemgr", component: ComponentName, verb: string) =>
    `${service}.${component}.${verb}`,
  transition: (component: ComponentName) => `statemgr.event.${component}.transition`,
  everyTransition: "statemgr.event.*.*.transition",
  powerResult: (component: ComponentName) => `powermgr.${component}.power.result`,
  everyPowerResult: "powermgr.*.*.power.result",
  powerGood: (component: ComponentName) => `powermgr.event.${component}.powergood`,
  everyPowerGood: "powermgr.event.*.*.powergood",
  /** An operation was started, or ended. */
  operationEvent: (component: ComponentName) => `powermgr.event.${component}.operation`,
  everyOperationEvent: "powermgr.event.*.*.operation",
  fault: (component: ComponentName) => `powermgr.event.${component}.fault`,
  everyFault: "powermgr.event.*.*.fault",
  emergency: "powermgr.event.system.emergency",
} as const;

/** What powermgr hears from other services and asks of them, under the names that u-bmc's services use today. */
export const peerSubjects = {
  thermalWarning: "thermalmgr.alerts.warning",
  thermalCritical: "thermalmgr.alerts.critical",
  thermalEmergency: "thermalmgr.alerts.emergency",
  sensorEmergency: "sensormon.alerts.emergency",
  sensorThreshold: "sensormon.events.threshold.*",
  powermgrThermal: "powermgr.emergency.thermal",
  /** Asked in the background, so that admission has facts at hand. */
  thermalZone: "thermal_zone.info",
  sensors: "sensor.list",
} as const;

export const streams = {
  statemgr: { name: "STATEMGR_EVENTS", subjects: ["statemgr.event.>"] },
  powermgr: {
    name: "POWERMGR_EVENTS",
    // Kind by kind: `powermgr.*.*.power.result` overlaps with `powermgr.event.>`, and nats-server refuses that in one stream.
    subjects: ["powermgr.event.>", ...componentKinds.map((kind) => `powermgr.${kind}.*.power.result`)],
  },
} as const;

/**
 * The component a subject speaks of: `statemgr.host.0.action`, `powermgr.event.host.0.powergood`.
 * @throws BusbarError NOT_FOUND when its tokens name none.
 */
export function componentOf(subject: string): ComponentName {
  const tokens = subject.split(".");
  const start = tokens[1] === "event" ? 2 : 1;
  const name = `${tokens[start]}.${tokens[start + 1]}`;
  if (isComponentName(name)) return name;
  throw new BusbarError("NOT_FOUND", `no component ${name.slice(0, 64)}`, {
    remedy: "list the components: statemgr.hosts.list, statemgr.chassis.list",
  });
}
