import type { Action, ComponentName } from "@busbar/contracts";
import { type CrashSuite, chassis0, host0 } from "./crash-suite.ts";

interface Step {
  readonly component: ComponentName;
  readonly action: Action;
  /** The next one does not wait for the end of this one. */
  readonly isOvertaken?: boolean;
}

/** What a client wants, one thing after the other. It begins with everything off. */
export interface Story {
  readonly name: string;
  /** Before frames are counted. */
  readonly before: readonly Step[];
  readonly steps: readonly Step[];
}

const hostOn: Step = { component: host0, action: "HOST_ACTION_ON" };

/** The longest first: they are told side by side. */
export const stories = {
  chassisCycle: {
    name: "chassis-cycle",
    before: [hostOn],
    steps: [{ component: chassis0, action: "CHASSIS_ACTION_POWER_CYCLE" }],
  },
  /** The chassis comes along; then each by itself. */
  powerCycle: {
    name: "on-and-off",
    before: [],
    steps: [
      hostOn,
      { component: host0, action: "HOST_ACTION_OFF" },
      { component: chassis0, action: "CHASSIS_ACTION_OFF" },
    ],
  },
  takeover: {
    name: "takeover",
    before: [],
    steps: [
      { ...hostOn, isOvertaken: true },
      { component: host0, action: "HOST_ACTION_FORCE_OFF" },
    ],
  },
  reset: { name: "reset", before: [hostOn], steps: [{ component: host0, action: "HOST_ACTION_REBOOT" }] },
} as const satisfies Record<string, Story>;

export async function carryOut(crash: CrashSuite, steps: readonly Step[]): Promise<void> {
  for (const { component, action, isOvertaken = false } of steps) {
    await crash.client.ask(component, action);
    if (isOvertaken) continue;
    await crash.idle();
    await crash.steady();
    await crash.quiet();
  }
}
