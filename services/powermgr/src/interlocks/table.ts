import type { ComponentName } from "@busbar/contracts";
import type { LatchState } from "../emergency/latch.ts";
import { type DependencyRule, dependency } from "./dependency.ts";
import { emergencyLatch } from "./emergency-latch.ts";
import { ambientConditions } from "./environment.ts";
import { type FirmwareLock, firmwareLocked } from "./firmware-lock.ts";
import { health } from "./health.ts";
import { type InputPower, inputPower } from "./input-power.ts";
import type { Interlock } from "./interlock.ts";
import { minimumOffTime, type OffTimes } from "./minimum-off-time.ts";
import { type StandbyPower, standby } from "./standby.ts";
import { type ThermalRule, thermal } from "./thermal.ts";

/** Where the rules get their facts. A source that a platform or a build doesn't have leaves its rule out. */
export interface InterlockSources extends ThermalRule, OffTimes, DependencyRule {
  readonly graph: ThermalRule["graph"];
  readonly firmwareLock: Pick<FirmwareLock, "state">;
  readonly latch: () => LatchState | undefined;
  readonly standby?: (component: ComponentName) => StandbyPower;
  readonly inputPower?: (component: ComponentName) => InputPower;
}

/**
 * All rules, in the order in which they are asked: the first denial is the one that is told, so the
 * gravest come first, and last what goes by itself.
 */
export function interlocks(sources: InterlockSources): readonly Interlock[] {
  return [
    emergencyLatch(sources.latch),
    firmwareLocked(sources.firmwareLock),
    dependency(sources),
    ...(sources.standby ? [standby(sources.standby)] : []),
    ...(sources.inputPower ? [inputPower(sources.inputPower)] : []),
    thermal(sources),
    health(sources),
    ambientConditions(sources.facts, sources.policies),
    minimumOffTime(sources),
  ];
}
