import { type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { Fact, Observed } from "./fact.ts";
import type { InputReading, SensorReading, ZoneReading } from "./readings.ts";
import type { Severity } from "./thermal-alert.ts";
import { Trend } from "./trend.ts";

export interface AlertFact {
  readonly severity: Severity;
  readonly message: string;
}

/** A board has dozens; a peer that invents names must not fill our memory. */
const mostSeries = 1_024;

/** Critical, where neither the zone nor its sensors say when: what u-bmc's thermalmgr takes. */
const usualCritical = 85;

/**
 * What other services have told, with the time it was observed: everything that interlocks decide by. It asks nobody and
 * waits for nothing, so that admission is quick and works without them.
 */
export class Facts {
  #clock: Clock;
  #staleAfter: () => Milliseconds;
  #zones = new Map<string, Observed<ZoneReading>>();
  #sensors = new Map<string, Observed<SensorReading>>();
  #inputs = new Map<string, Observed<InputReading>>();
  /** The worst alert of each zone since its last reading. */
  #alerts = new Map<string, Observed<AlertFact>>();
  #trends = new Map<string, Trend>();

  constructor(clock: Clock, staleAfter: () => Milliseconds) {
    this.#clock = clock;
    this.#staleAfter = staleAfter;
  }

  noteZone(reading: ZoneReading): void {
    const known = this.#zones.get(reading.name);
    const at = this.#observedAt(reading.measuredAt, known);
    if (known ? known.at > at : this.#zones.size >= mostSeries) return;
    this.#zones.set(reading.name, { value: reading, at });
    this.#trendOf(zoneKey(reading.name)).add(at, reading.temperature);
    const alert = this.#alerts.get(reading.name);
    if (alert !== undefined && at > alert.at) this.#alerts.delete(reading.name);
  }

  /** All sensors there are: one that isn't listed any more has been taken out. */
  noteSensors(readings: readonly SensorReading[]): void {
    const listed = new Map(readings.slice(0, mostSeries).map((reading) => [reading.id, reading]));
    for (const id of this.#sensors.keys()) {
      if (listed.has(id)) continue;
      this.#sensors.delete(id);
      this.#trends.delete(sensorKey(id));
    }
    for (const reading of listed.values()) {
      const known = this.#sensors.get(reading.id);
      const at = this.#observedAt(reading.measuredAt, known);
      if (known !== undefined && known.at > at) continue;
      this.#sensors.set(reading.id, { value: reading, at });
      if (reading.value !== undefined) this.#trendOf(sensorKey(reading.id)).add(at, reading.value);
    }
  }

  /** It counts until the zone is read again. For zones of the platform only: their number is bounded. */
  noteAlert(zone: string, severity: Severity, message: string): void {
    const known = this.#alerts.get(zone);
    const isWorse = known === undefined || !this.#isFresh(known.at) || rank[severity] >= rank[known.value.severity];
    if (isWorse) this.#alerts.set(zone, { value: { severity, message }, at: this.#clock.boottime() });
  }

  /** What feeds a power supply, by the supply's name. */
  noteInput(psu: string, reading: InputReading): void {
    this.#inputs.set(psu, { value: reading, at: this.#clock.boottime() });
  }

  zone(name: string): Fact<ZoneReading> {
    return this.#fact(this.#zones.get(name));
  }

  alert(zone: string): Fact<AlertFact> {
    return this.#fact(this.#alerts.get(zone));
  }

  input(psu: string): Fact<InputReading> {
    return this.#fact(this.#inputs.get(psu));
  }

  sensor(id: string): Fact<SensorReading> {
    return this.#fact(this.#sensors.get(id));
  }

  sensors(): readonly Fact<SensorReading>[] {
    return [...this.#sensors.values()].map((observed) => this.#fact(observed));
  }

  /** Those that say that they belong to the zone, and those that the zone names. */
  sensorsOf(zone: string): readonly Fact<SensorReading>[] {
    return this.#observedIn(zone).map((observed) => this.#fact(observed));
  }

  /** The zone that a sensor belongs to, by its id or name. */
  zoneOf(sensor: string): string | undefined {
    for (const { value } of this.#sensors.values()) {
      if ((value.id === sensor || value.name === sensor) && value.zone !== undefined) return value.zone;
    }
    for (const { value } of this.#zones.values()) if (value.sensors.includes(sensor)) return value.name;
    return undefined;
  }

  /** °C at which a zone is critical: as it says itself, else the first of its temperature sensors to be so. */
  criticalOf(zone: string): number {
    const own = this.#zones.get(zone)?.value.critical;
    if (own !== undefined) return own;
    const limits = this.#observedIn(zone).flatMap(({ value }) =>
      value.measures === "temperature" && value.critical.high !== undefined ? [value.critical.high] : [],
    );
    return limits.length > 0 ? Math.min(...limits) : usualCritical;
  }

  zoneTrend(zone: string): Trend | undefined {
    return this.#trends.get(zoneKey(zone));
  }

  sensorTrend(id: string): Trend | undefined {
    return this.#trends.get(sensorKey(id));
  }

  #observedIn(zone: string): Observed<SensorReading>[] {
    const named = new Set(this.#zones.get(zone)?.value.sensors);
    return [...this.#sensors.values()].filter(
      ({ value }) => value.zone === zone || named.has(value.id) || named.has(value.name),
    );
  }

  /**
   * A service may go on answering with what it measured long ago. Its time is the wall clock's, which is also ours: the
   * difference of the two is an age, and the age is all that is taken from it. What was measured at the same time as the
   * last one is that one, told again, whatever the wall clock has done meanwhile.
   */
  #observedAt(measuredAt: number | undefined, known: Observed<{ readonly measuredAt?: number }> | undefined): number {
    if (measuredAt === undefined) return this.#clock.boottime();
    if (known?.value.measuredAt === measuredAt) return known.at;
    return this.#clock.boottime() - Math.max(0, this.#clock.now() - measuredAt);
  }

  #trendOf(key: string): Trend {
    const known = this.#trends.get(key);
    if (known) return known;
    const trend = new Trend();
    this.#trends.set(key, trend);
    return trend;
  }

  #isFresh(at: number): boolean {
    return this.#clock.boottime() - at <= this.#staleAfter();
  }

  #fact<T>(observed: Observed<T> | undefined): Fact<T> {
    if (observed === undefined) return { is: "never-heard" };
    const age = milliseconds(this.#clock.boottime() - observed.at);
    return { is: this.#isFresh(observed.at) ? "known" : "stale", value: observed.value, age };
  }
}

const zoneKey = (name: string) => `zone ${name}`;
const sensorKey = (id: string) => `sensor ${id}`;

const rank: Readonly<Record<Severity, number>> = { warning: 1, critical: 2, emergency: 3 };
