import { type ComponentName, milliseconds } from "@busbar/contracts";
import type { Clock, Counter, Log } from "@busbar/daemon";
import type { Platform, Policies } from "@busbar/platform";
import { decodeAlert } from "./alert-decoding.ts";
import { AlertGate } from "./alert-gate.ts";
import type { Facts } from "./facts.ts";
import { LogLimit } from "./log-limit.ts";
import { tellAll } from "./tell-all.ts";
import type { ThermalAlert } from "./thermal-alert.ts";

/** Told with what the alert's zone cools; nothing when the platform doesn't say, and then nobody acts on it. */
export type AlertListener = (alert: ThermalAlert, components: readonly ComponentName[]) => void;

export interface AlertIntakeOptions {
  readonly facts: Facts;
  readonly zones: Platform["zones"];
  readonly policies: () => Policies;
  readonly clock: Clock;
  readonly log: Pick<Log, "warn" | "error">;
  /** Of `outcome`. */
  readonly alerts: Counter;
}

/** An alert storm would otherwise fill the log's disk. */
const linesPerKind = 5;
const linesPer = milliseconds(10_000);

/** From the bytes of an alert to what is known and who is told. Nothing that comes in makes it throw. */
export class AlertIntake {
  #options: AlertIntakeOptions;
  #gate: AlertGate;
  #limit: LogLimit;
  #listeners = new Set<AlertListener>();

  constructor(options: AlertIntakeOptions) {
    this.#options = options;
    this.#gate = new AlertGate(options.clock, () => options.policies().thermal.alertAge);
    this.#limit = new LogLimit(options.clock, linesPerKind, linesPer);
  }

  take(subject: string, bytes: Uint8Array): void {
    const decoded = decodeAlert(subject, bytes);
    if ("malformed" in decoded) {
      this.#count("malformed", { subject, bytes: bytes.length, why: decoded.malformed });
      return;
    }
    const passage = this.#gate.pass(decoded.alert);
    this.#count(passage, { subject, ...decoded.alert });
    if (passage === "accepted") this.#tell(decoded.alert);
  }

  /** @returns ends it */
  onAlert(listener: AlertListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(decoded: ThermalAlert): void {
    const { facts, zones } = this.#options;
    const zone = decoded.zone ?? (decoded.sensor === undefined ? undefined : facts.zoneOf(decoded.sensor));
    const alert = zone === undefined ? decoded : { ...decoded, zone };
    const components = zone === undefined ? undefined : zones.get(zone);
    if (zone !== undefined && components) facts.noteAlert(zone, alert.severity, alert.message);
    tellAll(this.#listeners, this.#options.log, alert, components ?? []);
  }

  #count(outcome: "accepted" | "malformed" | "old" | "future" | "duplicate", fields: object): void {
    const { alerts, log } = this.#options;
    alerts.add(1, { outcome });
    this.#limit.write(outcome, (suppressed) =>
      log.warn({ ...fields, ...(suppressed > 0 && { suppressed }) }, `thermal alert ${outcome}`),
    );
  }
}
