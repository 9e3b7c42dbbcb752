import type { Power, Standby } from "@busbar/backend";
import type { ComponentName } from "@busbar/contracts";

/** What was seen around the moment when a component lost its power. */
export interface LossFacts {
  /** Standby power of the component or of what feeds it. */
  readonly standby: Standby | undefined;
  /** What feeds it, directly or not, the farthest first. */
  readonly feeders: readonly { readonly component: ComponentName; readonly power: Power }[];
  /** Active fault lines of the component and of what feeds it, the farthest first. */
  readonly faults: readonly { readonly component: ComponentName; readonly code: string; readonly line: string }[];
}

export interface RootCause {
  /** The line or component that shows it; empty when nothing does. */
  readonly source: string;
  readonly message: string;
  /** False: it may be a shutdown from within, which is nobody's fault. */
  readonly isFault: boolean;
}

/** One cause by priority: what is nearer to the mains explains what hangs on it, and a line that names it beats a guess. */
export function rootCause({ standby, feeders, faults }: LossFacts): RootCause {
  if (standby === "missing") return { source: "standby", message: "standby power is missing", isFault: true };
  const [fault] = faults;
  if (fault !== undefined) {
    return { source: fault.line, message: `${fault.line} of ${fault.component} says ${fault.code}`, isFault: true };
  }
  const feeder = feeders.find(({ power }) => power === "off");
  if (feeder !== undefined) {
    return { source: feeder.component, message: `${feeder.component}, which feeds it, has no power`, isFault: true };
  }
  return {
    source: "",
    message: "no line shows why: a shutdown from within, a button that the BMC does not see, or the supply",
    isFault: false,
  };
}
