import type { LatchState } from "../emergency/latch.ts";
import type { Interlock } from "./interlock.ts";

/** After an emergency nothing is switched on or reset before somebody has cleared it. */
export const emergencyLatch = (state: () => LatchState | undefined): Interlock => ({
  name: "emergency-latch",
  overridable: false,
  check() {
    const latched = state();
    if (latched === undefined) return undefined;
    const since = new Date(latched.since).toISOString();
    return {
      message: `power is latched off since ${since}: ${latched.reason}`,
      remedy: "remove the cause, then clear the latch (powermgr.system.emergency.clear)",
    };
  },
});
