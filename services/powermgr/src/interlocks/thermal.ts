import type { Policies } from "@busbar/platform";
import type { Facts } from "../facts/facts.ts";
import { type Cooling, zonesAbout } from "./cooling.ts";
import { type Denial, type Interlock, switchesOn } from "./interlock.ts";
import { degrees, seconds } from "./shown.ts";

export interface ThermalRule extends Cooling {
  readonly facts: Facts;
  readonly policies: () => Policies;
}

/** Nothing is switched on where it is hot, soon will be, or where nobody knows any more (seed 001, Thermal Management). */
export function thermal(rule: ThermalRule): Interlock {
  return {
    name: "thermal",
    overridable: true,
    check(question) {
      if (!switchesOn(question.verb) || !rule.policies().safety.thermalCheck) return undefined;
      for (const zone of zonesAbout(question, rule)) {
        const denial = alerted(zone, rule) ?? measured(zone, rule) ?? predicted(zone, rule);
        if (denial) return denial;
      }
      return undefined;
    },
  };
}

function alerted(zone: string, { facts }: ThermalRule): Denial | undefined {
  const alert = facts.alert(zone);
  if (alert.is !== "known") return undefined;
  const { severity, message } = alert.value;
  return {
    message: `a thermal ${severity} alert stands for zone ${zone}${message === "" ? "" : `: ${message}`}`,
    remedy: `let zone ${zone} cool down; it counts as cool when thermalmgr says so again`,
  };
}

function measured(zone: string, { facts, policies }: ThermalRule): Denial | undefined {
  const fact = facts.zone(zone);
  switch (fact.is) {
    case "never-heard":
      if (!policies().thermal.requireData) return undefined;
      return {
        message: `the temperature of zone ${zone} was never heard`,
        remedy: "start thermalmgr, or set the policy thermal.requireData to false",
      };
    case "stale":
      return {
        message: `the temperature of zone ${zone} is unknown: last heard ${seconds(fact.age)} ago`,
        remedy: "see that thermalmgr runs and answers (powermgr.health.check)",
      };
    case "known": {
      const { status, temperature } = fact.value;
      if (status === "normal") return undefined;
      const state = status === "error" ? "can't be controlled" : `is at ${degrees(temperature)}: ${status}`;
      return {
        message: `zone ${zone} ${state}`,
        remedy: `check fans and air flow of zone ${zone}, and let it cool down`,
      };
    }
  }
}

function predicted(zone: string, { facts, policies }: ThermalRule): Denial | undefined {
  const fact = facts.zone(zone);
  const { rise: limit, horizon } = policies().thermal;
  const trend = facts.zoneTrend(zone);
  const rise = trend?.rise()?.perMinute;
  const ahead = trend?.ahead(horizon);
  const critical = facts.criticalOf(zone);
  if (fact.is !== "known" || rise === undefined || ahead === undefined) return undefined;
  if (rise <= limit || ahead < critical) return undefined;
  return {
    message:
      `zone ${zone} is at ${degrees(fact.value.temperature)}, rises by ${rise.toFixed(1)} °C/min ` +
      `and would be critical (${degrees(critical)}) within ${seconds(horizon)}`,
    remedy: `wait until zone ${zone} heats up no faster than ${limit} °C/min, or cools down`,
  };
}
