import type { ComponentName } from "@busbar/contracts";
import { type Interlock, switchesOn } from "./interlock.ts";

/** What feeds a component. Unknown where nothing measures it, or nothing has been measured. */
export interface InputPower {
  readonly state: "good" | "brownout" | "lost" | "unknown";
  /** The power supply that shows it. */
  readonly source: string;
}

/** Inrush on a weak input pulls it down for everything that runs. Unknown allows: most boards can't measure it. */
export function inputPower(inputOf: (component: ComponentName) => InputPower): Interlock {
  return {
    name: "input-power",
    overridable: true,
    check({ verb, component, footprint }) {
      if (!switchesOn(verb)) return undefined;
      for (const name of new Set([component, ...footprint])) {
        const { state, source } = inputOf(name);
        if (state === "good" || state === "unknown") continue;
        const what = state === "brownout" ? "is too low" : "is lost";
        return {
          message: `the input power of ${source}, which feeds ${name}, ${what}`,
          remedy: `check the mains and the cabling of ${source}`,
        };
      }
      return undefined;
    },
  };
}
