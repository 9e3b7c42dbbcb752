export type Severity = "warning" | "critical" | "emergency";

/** What thermalmgr or sensormon warned of, whatever way it was written. Temperatures in °C. */
export interface ThermalAlert {
  readonly severity: Severity;
  /** What the sender wants besides being heard: less power. Undefined when it leaves that to us. */
  readonly wants?: "shutdown" | "less-power";
  readonly zone?: string;
  /** Id or name. */
  readonly sensor?: string;
  readonly temperature?: number;
  readonly threshold?: number;
  /** When the sender saw it: milliseconds since 1970, by the wall clock. */
  readonly at: number;
  readonly message: string;
}
