import { type ComponentName, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Interlock } from "./interlock.ts";

export interface OffTimes {
  /** How long the component is off; undefined when it isn't, or was never seen on. */
  readonly offFor: (component: ComponentName) => Milliseconds | undefined;
  readonly minimumOff: (component: ComponentName) => Milliseconds;
}

/** Capacitors need time to drain: what is switched on too soon may not start, or be damaged. */
export function minimumOffTime({ offFor, minimumOff }: OffTimes): Interlock {
  return {
    name: "minimum-off-time",
    overridable: false,
    check({ verb, footprint }) {
      if (verb !== "on") return undefined;
      for (const component of footprint) {
        const off = offFor(component);
        const left = milliseconds(minimumOff(component) - (off ?? Number.POSITIVE_INFINITY));
        if (left > 0) {
          const seconds = (left / 1000).toFixed(1);
          return {
            message: `${component} must stay off for another ${seconds} s`,
            remedy: `try again in ${Math.ceil(left / 1000)} s`,
          };
        }
      }
      return undefined;
    },
  };
}
