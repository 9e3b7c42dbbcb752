import type { Policies } from "@busbar/platform";
import { environment } from "../facts/environment.ts";
import type { Fact } from "../facts/fact.ts";
import type { Facts } from "../facts/facts.ts";
import type { SensorReading } from "../facts/readings.ts";
import { type Denial, type Interlock, switchesOn } from "./interlock.ts";
import { degrees, seconds } from "./shown.ts";

/** Air that is too cold, too warm or too moist for electronics (seed 001, Sensor Monitoring). */
export function ambientConditions(facts: Facts, policies: () => Policies): Interlock {
  return {
    name: "environment",
    overridable: true,
    check({ verb }) {
      if (!switchesOn(verb)) return undefined;
      const { ambient, humidity } = environment(facts);
      const { ambientLeast, ambientMost, humidityMost } = policies().environment;
      const limits = (value: number, name: string): Denial | undefined => {
        if (value >= ambientLeast && value <= ambientMost) return undefined;
        const [is, bound] = value < ambientLeast ? ["colder", ambientLeast] : ["warmer", ambientMost];
        return {
          message: `the air is at ${degrees(value)} (${name}), ${is} than ${degrees(bound)}`,
          remedy: `wait for the air to be at ${ambientLeast} to ${ambientMost} °C`,
        };
      };
      const moisture = (value: number, name: string): Denial | undefined =>
        value <= humidityMost
          ? undefined
          : {
              message: `the humidity is ${value.toFixed(0)} % (${name}), more than ${humidityMost} %`,
              remedy: "dry the air: water may condense",
            };
      const { healthCheck } = policies().safety;
      return first(ambient, healthCheck, limits) ?? first(humidity, healthCheck, moisture);
    },
  };
}

function first(
  facts: readonly Fact<SensorReading>[],
  mustBeKnown: boolean,
  check: (value: number, name: string) => Denial | undefined,
): Denial | undefined {
  for (const fact of facts) {
    if (fact.is === "never-heard" || fact.value.value === undefined) continue;
    const { name, value } = fact.value;
    const denial =
      fact.is === "known" ? check(value, name) : mustBeKnown ? unheard(name, seconds(fact.age)) : undefined;
    if (denial) return denial;
  }
  return undefined;
}

const unheard = (name: string, age: string): Denial => ({
  message: `the air around is unknown: ${name} was last heard ${age} ago`,
  remedy: "see that sensormon runs and answers (powermgr.health.check)",
});
