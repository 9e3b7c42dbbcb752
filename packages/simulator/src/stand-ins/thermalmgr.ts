import type { Bus, Served } from "@busbar/bus";
import {
  BusbarError,
  busbar,
  messageType,
  milliseconds,
  peerSubjects,
  schema,
  subjects,
  timestamp,
} from "@busbar/contracts";
import { publish } from "./publish.ts";

const v1alpha1 = schema.v1alpha1;
const request = messageType("GetThermalZoneRequest", v1alpha1.GetThermalZoneRequest);
const response = messageType("GetThermalZoneResponse", v1alpha1.GetThermalZoneResponse);

const statuses = {
  normal: v1alpha1.ThermalZoneStatus.THERMAL_ZONE_STATUS_NORMAL,
  warning: v1alpha1.ThermalZoneStatus.THERMAL_ZONE_STATUS_WARNING,
  critical: v1alpha1.ThermalZoneStatus.THERMAL_ZONE_STATUS_CRITICAL,
  error: v1alpha1.ThermalZoneStatus.THERMAL_ZONE_STATUS_ERROR,
} as const;

const alertSubjects = {
  warning: peerSubjects.thermalWarning,
  critical: peerSubjects.thermalCritical,
  emergency: peerSubjects.thermalEmergency,
} as const;

export interface ZoneState {
  /** °C. */
  readonly temperature: number;
  readonly status?: keyof typeof statuses;
  readonly sensors?: readonly string[];
  /** Milliseconds since 1970: it answers, but doesn't measure any more. Now, unless given. */
  readonly measuredAt?: number;
}

export interface Alert {
  readonly severity: keyof typeof alertSubjects;
  readonly zone: string;
  /** °C. */
  readonly temperature: number;
  readonly threshold?: number;
  /** Milliseconds since 1970; now, unless given. */
  readonly at?: number;
  readonly message?: string;
}

/** Both are met in the field: its own code writes JSON, what listens to it decodes protobuf. */
export type AlertEncoding = "protobuf" | "json";

/** u-bmc's thermalmgr as powermgr meets it, with temperatures that a test sets. */
export class Thermalmgr {
  readonly #bus: Bus;
  readonly #zones = new Map<string, ZoneState | (() => ZoneState)>();
  readonly #operations = new Map<string, number>();
  #questions = 0;
  #end: () => Promise<void> = async () => {};

  private constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Resolves when it serves. */
  static async start(bus: Bus): Promise<Thermalmgr> {
    const thermalmgr = new Thermalmgr(bus);
    const service = await bus.serve({
      name: "thermalmgr",
      version: "0.1.0",
      description: "Stands in for thermalmgr",
      endpoints: [thermalmgr.#zoneInfo()],
    });
    const news = await bus.subscribe(subjects.everyOperationEvent, ({ data }) => thermalmgr.#note(data));
    thermalmgr.#end = async () => {
      news.unsubscribe();
      await service.stop(milliseconds(100));
    };
    return thermalmgr;
  }

  /** A function is asked at every question. */
  set(zone: string, state: ZoneState | (() => ZoneState)): void {
    this.#zones.set(zone, state);
  }

  /** How often it was asked for a zone. */
  get questions(): number {
    return this.#questions;
  }

  /** How many operation events of powermgr were heard in this state, for instance OPERATION_STATE_SUCCEEDED. */
  operations(state: keyof typeof busbar.v1.OperationState): number {
    return this.#operations.get(state) ?? 0;
  }

  alert(alert: Alert, encoding: AlertEncoding): Promise<void> {
    return publish(this.#bus, alertSubjects[alert.severity], encodeAlert(alert, encoding));
  }

  /** Asks powermgr to switch off what the zone cools, or to let it take less power. */
  demand(action: "emergency_shutdown" | "immediate_shutdown" | "power_throttle", alert: Alert): Promise<void> {
    return publish(this.#bus, peerSubjects.powermgrThermal, encodeAlert(alert, "protobuf", action));
  }

  stop(): Promise<void> {
    return this.#end();
  }

  #zoneInfo(): Served {
    return {
      name: "zone-info",
      subject: peerSubjects.thermalZone,
      summary: "One thermal zone",
      requestType: request.name,
      responseType: response.name,
      handle: (body) => {
        this.#questions += 1;
        const name = request.decode(body).name ?? "";
        const state = this.#zones.get(name);
        if (state === undefined) throw new BusbarError("NOT_FOUND", `thermal zone not found: ${name}`);
        const {
          temperature,
          status = "normal",
          sensors = [],
          measuredAt,
        } = typeof state === "function" ? state() : state;
        const zone = {
          name,
          sensorNames: [...sensors],
          currentTemperature: temperature,
          status: statuses[status],
          lastUpdated: timestamp(measuredAt ?? Date.now()),
        };
        return { message: response.encode({ thermalZones: [zone] }) };
      },
    };
  }

  #note(data: Uint8Array): void {
    const state = busbar.v1.OperationState[busbar.v1.Operation.decode(data).state] ?? "";
    this.#operations.set(state, (this.#operations.get(state) ?? 0) + 1);
  }
}

function encodeAlert(alert: Alert, encoding: AlertEncoding, action?: string): Uint8Array {
  const {
    severity,
    zone,
    temperature,
    threshold,
    at = Date.now(),
    message = `${zone} is at ${temperature} °C`,
  } = alert;
  if (encoding === "json") {
    const fields = { type: "thermal", zone_name: zone, temperature, threshold, severity, action, message };
    return new TextEncoder().encode(JSON.stringify({ ...fields, timestamp: new Date(at).toISOString() }));
  }
  return v1alpha1.ThermalEmergencyAlert.encode({
    type: "thermal",
    zoneName: zone,
    temperature,
    ...(threshold !== undefined && { threshold }),
    severity,
    ...(action !== undefined && { action }),
    timestamp: timestamp(at),
    message,
  }).finish();
}
