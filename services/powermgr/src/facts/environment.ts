import type { Fact } from "./fact.ts";
import type { Facts } from "./facts.ts";
import type { SensorReading } from "./readings.ts";

/** The air around the machine, by the sensors that measure it. */
export interface Environment {
  /** °C. */
  readonly ambient: readonly Fact<SensorReading>[];
  /** % */
  readonly humidity: readonly Fact<SensorReading>[];
}

export function environment(facts: Pick<Facts, "sensors">): Environment {
  const usable = facts.sensors().filter((fact) => fact.is !== "never-heard" && fact.value.value !== undefined);
  const of = (matches: (reading: SensorReading) => boolean) =>
    usable.filter((fact) => fact.is !== "never-heard" && matches(fact.value));
  return {
    ambient: of(({ measures, isAmbient }) => measures === "temperature" && isAmbient),
    humidity: of(({ measures }) => measures === "humidity"),
  };
}
