/** Readings of other services, checked and in °C where they are temperatures. */

export type ZoneStatus = "normal" | "warning" | "critical" | "error";

export interface ZoneReading {
  readonly name: string;
  readonly temperature: number;
  readonly status: ZoneStatus;
  /** Names or ids. */
  readonly sensors: readonly string[];
  /** Where thermalmgr says when the zone becomes critical. */
  readonly critical?: number;
  /** When it was measured: milliseconds since 1970; undefined when the service doesn't say. */
  readonly measuredAt?: number;
}

export interface Limits {
  readonly low?: number;
  readonly high?: number;
}

export type SensorStatus = "ok" | "warning" | "critical" | "error" | "absent" | "unknown";

export interface SensorReading {
  readonly id: string;
  readonly name: string;
  readonly measures: "temperature" | "humidity" | "other";
  readonly status: SensorStatus;
  /** Absent for sensors that only have states. */
  readonly value?: number;
  /** °C, %, V … for people. */
  readonly unit: string;
  /** Beyond these it is critical. */
  readonly critical: Limits;
  readonly zone?: string;
  /** Of the air that comes in. */
  readonly isAmbient: boolean;
  readonly measuredAt?: number;
}

/** What feeds a power supply. */
export interface InputReading {
  readonly state: "good" | "brownout" | "lost";
  readonly volts?: number;
}
