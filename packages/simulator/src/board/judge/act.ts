import type { ComponentName, Milliseconds } from "@busbar/contracts";
import type { Effect } from "@busbar/hardware";

/**
 * What a client did to a line, in the meaning that it had for the plant at that moment.
 * `press-on`: a press on an off host. `press-off`: on a running one. `hold`: the press went on past the force
 * threshold. `switch-*`: a rail enable changed. `drop`: it was switched off under a running host.
 */
export type ActKind = "press-on" | "press-off" | "hold" | "reset" | "switch-on" | "switch-off" | "drop";

export interface Act {
  readonly kind: ActKind;
  readonly component: ComponentName;
  readonly line: string;
  readonly at: Milliseconds;
  readonly by: string;
}

/** Which accepted effects explain an act, the most exact first. */
export const explanations: Readonly<Record<ActKind, readonly Effect[]>> = {
  "press-on": ["on"],
  // A hold that ends early (a crash) is a press: it goes where a force off wanted to go.
  "press-off": ["off", "force-off"],
  hold: ["force-off"],
  reset: ["reset"],
  "switch-on": ["on"],
  "switch-off": ["off", "force-off", "cut"],
  drop: ["cut"],
};

/** Doing these twice undoes or repeats them, so one intent explains one of them; levels may be set again (DESIGN §1). */
export const isToggle = (kind: ActKind): boolean => kind === "press-on" || kind === "press-off" || kind === "reset";
