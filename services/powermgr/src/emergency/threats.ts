import type { ComponentName } from "@busbar/contracts";
import type { Policies } from "@busbar/platform";
import type { Facts } from "../facts/facts.ts";
import type { HeardLoss } from "../facts/listen.ts";
import type { ThermalAlert } from "../facts/thermal-alert.ts";
import type { FaultLine } from "../monitors/fault-lines.ts";
import type { Threat } from "./responses.ts";

/** An emergency alert of a zone, and what the zone cools. */
export function threatOfAlert(
  { zone = "", sensor = "", temperature, message, wants }: ThermalAlert,
  components: readonly ComponentName[],
  { emergency }: Policies,
): Threat {
  const where = zone === "" ? `sensor ${sensor}` : `zone ${zone}`;
  const warmth = temperature === undefined ? "" : ` (${temperature.toFixed(1)} °C)`;
  const isCut = emergency.thermalShutdown && wants !== "less-power";
  return {
    source: "thermal",
    reason: `${where}${warmth}: ${message}`,
    components,
    response: isCut ? "immediate_off" : "notify",
  };
}

/** Without a broker everybody is silent: that alone is no reason to switch anything off (DESIGN §11, rule 1). */
export const threatOfLoss = ({ zones, components, connected }: HeardLoss, { emergency }: Policies): Threat => ({
  source: "thermal-data-lost",
  reason: `the temperature of ${zones.join(", ")} is not known any more`,
  components,
  response: connected ? emergency.thermalDataLoss : "notify",
});

/** By this line a processor says that it is too hot to go on. */
const thermtrip = "thermtrip";

export const threatOfLine = ({ component, code, line }: FaultLine, { emergency }: Policies): Threat => {
  const shutdown = emergency.thermalShutdown ? "immediate_off" : "notify";
  return {
    source: "line",
    reason: `${code} of ${component} (line ${line})`,
    components: [component],
    response: code === thermtrip ? shutdown : emergency.faultResponse,
  };
};

export interface Persisting {
  readonly facts: Facts;
  readonly zones: Iterable<string>;
  readonly faultLines: readonly FaultLine[];
}

/** What still speaks against power: with it an emergency can't be cleared. Unknown is no cause; interlocks see to that. */
export function persistingCauses({ facts, zones, faultLines }: Persisting): readonly string[] {
  const hot = [...zones].flatMap((zone) => {
    const alert = facts.alert(zone);
    if (alert.is === "known" && alert.value.severity !== "warning") return [`zone ${zone}: ${alert.value.message}`];
    const reading = facts.zone(zone);
    const limit = facts.criticalOf(zone);
    if (reading.is !== "known" || reading.value.temperature < limit) return [];
    return [`zone ${zone} is at ${reading.value.temperature.toFixed(1)} °C, critical from ${limit} °C on`];
  });
  return [...hot, ...faultLines.map(({ component, code, line }) => `${code} of ${component} (line ${line}) is active`)];
}
