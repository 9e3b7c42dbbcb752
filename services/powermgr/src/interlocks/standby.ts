import type { ComponentName } from "@busbar/contracts";
import { type Interlock, switchesOn } from "./interlock.ts";

/** Whether standby power is good. A component without a line for it is always good. */
export type StandbyPower = "good" | "missing" | "unknown";

/** Without standby power a board ignores its button, or half starts. */
export function standby(standbyOf: (component: ComponentName) => StandbyPower): Interlock {
  return {
    name: "standby",
    overridable: false,
    check({ verb, footprint }) {
      if (!switchesOn(verb)) return undefined;
      for (const component of footprint) {
        const state = standbyOf(component);
        if (state === "good") continue;
        return {
          message: `standby power of ${component} is ${state}`,
          remedy: "check the power supplies and the standby-good line",
        };
      }
      return undefined;
    },
  };
}
