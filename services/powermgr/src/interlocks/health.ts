import type { Policies } from "@busbar/platform";
import type { Fact } from "../facts/fact.ts";
import type { Facts } from "../facts/facts.ts";
import type { SensorReading } from "../facts/readings.ts";
import { type Cooling, zonesAbout } from "./cooling.ts";
import { type Denial, type Interlock, switchesOn } from "./interlock.ts";
import { seconds } from "./shown.ts";

export interface HealthRule extends Cooling {
  readonly facts: Facts;
  readonly policies: () => Policies;
}

/** Nothing is switched on whose sensors say that it is failing, or about to (seed 001, Sensor Monitoring). */
export function health(rule: HealthRule): Interlock {
  return {
    name: "health",
    overridable: true,
    check(question) {
      if (!switchesOn(question.verb) || !rule.policies().safety.healthCheck) return undefined;
      for (const zone of zonesAbout(question, rule)) {
        for (const fact of rule.facts.sensorsOf(zone)) {
          const denial = failing(fact) ?? trending(fact, rule);
          if (denial) return denial;
        }
      }
      return undefined;
    },
  };
}

function failing(fact: Fact<SensorReading>): Denial | undefined {
  if (fact.is === "never-heard") return undefined;
  const { name, status, value, unit } = fact.value;
  // A machine that is off can't read all of its sensors: those never had anything to say.
  if (status === "absent" || status === "unknown") return undefined;
  if (fact.is === "stale") {
    return {
      message: `sensor ${name} was last heard ${seconds(fact.age)} ago`,
      remedy: "see that sensormon runs and answers (powermgr.health.check)",
    };
  }
  if (status !== "critical" && status !== "error") return undefined;
  const reads = value === undefined ? "" : ` at ${shown(value, unit)}`;
  return {
    message: status === "error" ? `sensor ${name} reports an error` : `sensor ${name} is critical${reads}`,
    remedy: `check what ${name} measures, and the sensor itself`,
  };
}

function trending(fact: Fact<SensorReading>, { facts, policies }: HealthRule): Denial | undefined {
  if (fact.is !== "known") return undefined;
  const { id, name, measures, critical, unit } = fact.value;
  const { rise: limit, horizon } = policies().thermal;
  const trend = facts.sensorTrend(id);
  const rise = trend?.rise()?.perMinute;
  const ahead = trend?.ahead(horizon);
  if (rise === undefined || ahead === undefined) return undefined;
  // Temperatures move all the time: they have a rise that counts for nothing.
  if (measures === "temperature" && Math.abs(rise) <= limit) return undefined;
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = critical;
  const passed = rise > 0 && ahead >= high ? high : rise < 0 && ahead <= low ? low : undefined;
  if (passed === undefined) return undefined;
  return {
    message: `sensor ${name} would be critical (${shown(passed, unit)}) within ${seconds(horizon)} as it goes on`,
    remedy: `check what ${name} measures`,
  };
}

const shown = (value: number, unit: string): string => `${Number(value.toFixed(2))}${unit === "" ? "" : ` ${unit}`}`;
