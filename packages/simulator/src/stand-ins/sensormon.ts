import type { Bus, Served } from "@busbar/bus";
import { messageType, milliseconds, peerSubjects, schema, timestamp } from "@busbar/contracts";
import { publish } from "./publish.ts";

const v1alpha1 = schema.v1alpha1;
const request = messageType("ListSensorsRequest", v1alpha1.ListSensorsRequest);
const response = messageType("ListSensorsResponse", v1alpha1.ListSensorsResponse);

const contexts = {
  temperature: [v1alpha1.SensorContext.SENSOR_CONTEXT_TEMPERATURE, v1alpha1.SensorUnit.SENSOR_UNIT_CELSIUS],
  humidity: [v1alpha1.SensorContext.SENSOR_CONTEXT_HUMIDITY, v1alpha1.SensorUnit.SENSOR_UNIT_PERCENT],
  voltage: [v1alpha1.SensorContext.SENSOR_CONTEXT_VOLTAGE, v1alpha1.SensorUnit.SENSOR_UNIT_VOLTS],
  tach: [v1alpha1.SensorContext.SENSOR_CONTEXT_TACH, v1alpha1.SensorUnit.SENSOR_UNIT_RPM],
} as const;

const statuses = {
  enabled: v1alpha1.SensorStatus.SENSOR_STATUS_ENABLED,
  "not-present": v1alpha1.SensorStatus.SENSOR_STATUS_NOT_PRESENT,
  warning: v1alpha1.SensorStatus.SENSOR_STATUS_WARNING,
  critical: v1alpha1.SensorStatus.SENSOR_STATUS_CRITICAL,
  error: v1alpha1.SensorStatus.SENSOR_STATUS_ERROR,
} as const;

export interface SensorState {
  readonly name?: string;
  readonly context: keyof typeof contexts;
  /** °C, %, V or rpm, by the context. */
  readonly value: number;
  readonly status?: keyof typeof statuses;
  /** Above this it is critical. */
  readonly critical?: number;
  readonly zone?: string;
}

export interface SensorAlert {
  readonly sensor: string;
  readonly value: number;
  readonly threshold: number;
  readonly zone?: string;
  /** Milliseconds since 1970; now, unless given. */
  readonly at?: number;
}

/** u-bmc's sensormon as powermgr meets it, with readings that a test sets. */
export class Sensormon {
  readonly #bus: Bus;
  readonly #sensors = new Map<string, SensorState>();
  #end: () => Promise<void> = async () => {};

  private constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** Resolves when it serves. */
  static async start(bus: Bus): Promise<Sensormon> {
    const sensormon = new Sensormon(bus);
    const service = await bus.serve({
      name: "sensormon",
      version: "0.1.0",
      description: "Stands in for sensormon",
      endpoints: [sensormon.#list()],
    });
    sensormon.#end = async () => void (await service.stop(milliseconds(100)));
    return sensormon;
  }

  set(id: string, state: SensorState): void {
    this.#sensors.set(id, state);
  }

  /** It is taken out of the machine. */
  remove(id: string): void {
    this.#sensors.delete(id);
  }

  /** SensorAlert on sensormon.alerts.emergency. */
  emergency({ sensor, value, threshold, zone, at = Date.now() }: SensorAlert): Promise<void> {
    const alert = v1alpha1.SensorAlert.encode({
      type: "emergency_thermal",
      sensorId: sensor,
      sensorName: sensor,
      value,
      threshold,
      severity: "emergency",
      ...(zone !== undefined && { zoneName: zone }),
      timestamp: timestamp(at),
      message: `${sensor} is at ${value} °C`,
    }).finish();
    return publish(this.#bus, peerSubjects.sensorEmergency, alert);
  }

  /** The hand-made JSON of sensormon.events.threshold.<severity>. */
  threshold(severity: "warning" | "critical", alert: SensorAlert): Promise<void> {
    const { sensor, value, threshold, at = Date.now() } = alert;
    const event = {
      sensor_id: sensor,
      sensor_name: sensor,
      violation_type: `upper_${severity}`,
      current_value: value,
      threshold_value: threshold,
      severity,
      timestamp: new Date(at).toISOString().replace(/\.\d+/, ""), // it writes whole seconds
    };
    const subject = peerSubjects.sensorThreshold.replace("*", severity);
    return publish(this.#bus, subject, new TextEncoder().encode(JSON.stringify(event, undefined, 2)));
  }

  stop(): Promise<void> {
    return this.#end();
  }

  #list(): Served {
    return {
      name: "list",
      subject: peerSubjects.sensors,
      summary: "All sensors",
      requestType: request.name,
      responseType: response.name,
      handle: (body) => {
        request.decode(body);
        return {
          message: response.encode({ sensor: [...this.#sensors].map(([id, state]) => sensorMessage(id, state)) }),
        };
      },
    };
  }
}

function sensorMessage(id: string, state: SensorState): schema.v1alpha1.Sensor.$Properties {
  const [context, unit] = contexts[state.context];
  return {
    id,
    name: state.name ?? id,
    context,
    unit,
    status: statuses[state.status ?? "enabled"],
    analogReading: {
      value: state.value,
      ...(state.critical !== undefined && { upperThresholds: { critical: state.critical } }),
    },
    lastReadingTimestamp: timestamp(Date.now()),
    customAttributes: state.zone === undefined ? {} : { thermal_zone: state.zone },
  };
}
