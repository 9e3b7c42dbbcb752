import { type Served, served } from "@busbar/bus";
import { BusbarError, busbar, type ComponentName, endpoints, isComponentName, timestamp } from "@busbar/contracts";
import type { Emergency } from "../emergency/emergency.ts";
import type { EmergencySource, LatchState } from "../emergency/latch.ts";

const longestReason = 256;

/** `powermgr.system.emergency.*` */
export function emergencyEndpoints(emergency: Emergency): Served[] {
  return [
    served(endpoints.emergencyOff, ({ components, reason }, context) => {
      const state = emergency.off({
        source: "request",
        reason: reasonOf(reason),
        actor: context.actor ?? "",
        components: components.map(named),
        ...(context.requestId !== undefined && { requestId: context.requestId }),
        ...(context.traceparent !== undefined && { traceparent: context.traceparent }),
      });
      return { message: emergencyMessage(state, emergency.persisting), outcome: "accepted" };
    }),
    served(endpoints.emergencyGet, () => ({ message: emergencyMessage(emergency.state, emergency.persisting) })),
    served(endpoints.emergencyClear, async ({ reason }, context) => {
      const wasLatched = emergency.state !== undefined;
      await emergency.clear(context.actor ?? "", reasonOf(reason));
      return {
        message: emergencyMessage(emergency.state, emergency.persisting),
        outcome: wasLatched ? "completed" : "no-op",
      };
    }),
  ];
}

/** Any text is taken, cut where it gets too long: nobody should have to send an emergency twice. */
const reasonOf = (text: string): string => text.replaceAll(/\p{C}/gu, " ").trim().slice(0, longestReason);

function named(name: string): ComponentName {
  if (isComponentName(name)) return name;
  throw new BusbarError("NOT_FOUND", `${name.slice(0, 64)} is no component`, {
    remedy: "name components as kind.index (host.0), or none for all",
  });
}

const v1 = busbar.v1;
const sources: Readonly<Record<EmergencySource, busbar.v1.EmergencySource>> = {
  request: v1.EmergencySource.EMERGENCY_SOURCE_REQUEST,
  thermal: v1.EmergencySource.EMERGENCY_SOURCE_THERMAL,
  line: v1.EmergencySource.EMERGENCY_SOURCE_LINE,
  fault: v1.EmergencySource.EMERGENCY_SOURCE_FAULT,
  "thermal-data-lost": v1.EmergencySource.EMERGENCY_SOURCE_THERMAL_DATA_LOST,
  "found-latched": v1.EmergencySource.EMERGENCY_SOURCE_FOUND_LATCHED,
};

/** @param state undefined when nothing is latched */
export const emergencyMessage = (
  state: LatchState | undefined,
  persisting: readonly string[],
): busbar.v1.EmergencyStatus.$Properties =>
  state === undefined
    ? { latched: false, persisting: [...persisting] }
    : {
        latched: true,
        source: sources[state.source],
        reason: state.reason,
        actor: state.actor,
        since: timestamp(state.since),
        components: [...state.components],
        operationIds: [...state.operations],
        persisting: [...persisting],
      };
