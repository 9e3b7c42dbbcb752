import { isOffVerb } from "@busbar/contracts";
import type { Interlock } from "./interlock.ts";

export interface LatchState {
  readonly latched: boolean;
  /** For people. */
  readonly reason: string;
}

/** After an emergency off nothing gets power, and nothing is reset, until somebody has cleared the latch. */
export function emergencyLatch(latch: () => LatchState): Interlock {
  return {
    name: "emergency-latch",
    overridable: false,
    check({ verb }) {
      const { latched, reason } = latch();
      if (!latched || isOffVerb(verb)) return undefined;
      return {
        message: `power was cut in an emergency${reason === "" ? "" : `: ${reason}`}`,
        remedy: "remove the cause, then clear the latch (powermgr.system.emergency.clear)",
      };
    },
  };
}
