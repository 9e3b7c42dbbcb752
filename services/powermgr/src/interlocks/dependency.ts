import type { ComponentName } from "@busbar/contracts";
import type { DomainGraph } from "@busbar/platform";
import { type Interlock, switchesOn } from "./interlock.ts";

export interface DependencyRule {
  readonly graph: Pick<DomainGraph, "closure">;
  readonly power: (component: ComponentName) => "on" | "off" | "unknown";
  /** What keeps it from being controlled; undefined when nothing does. */
  readonly unavailable: (component: ComponentName) => string | undefined;
  /** A fault that stands; undefined when none does, or the board shows none. */
  readonly fault?: (component: ComponentName) => string | undefined;
}

/** What needs a domain that has failed, or that can't be switched, would come up without power. */
export function dependency({ graph, power, unavailable, fault }: DependencyRule): Interlock {
  return {
    name: "dependency",
    overridable: false,
    check({ verb, component }) {
      if (!switchesOn(verb)) return undefined;
      for (const needed of graph.closure([component], "dependencies")) {
        if (needed === component) continue;
        const failed = fault?.(needed);
        // One that has power gives it, whether or not it could be switched.
        const missing = power(needed) === "on" ? undefined : unavailable(needed);
        const problem = failed ?? missing;
        if (problem === undefined) continue;
        const what = failed === undefined ? "can't be controlled" : "has a fault";
        return {
          message: `${needed}, which ${component} needs, ${what}: ${problem}`,
          remedy: `mend ${needed} first (powermgr.health.check)`,
        };
      }
      return undefined;
    },
  };
}
