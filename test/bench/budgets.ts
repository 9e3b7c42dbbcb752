import type { Budget } from "./budget.ts";
import { acceptedAction } from "./budgets/accepted-action.ts";
import { admission } from "./budgets/admission.ts";
import { powermgrReady, statemgrReady } from "./budgets/daemon-ready.ts";
import { powerOnAndTold } from "./budgets/power-on-and-told.ts";
import { pulseWidth } from "./budgets/pulse-width.ts";
import { stateChange } from "./budgets/state-change.ts";
import { throughput } from "./budgets/throughput.ts";

/** Those of BUDGETS.md that are measured here, in its order. */
export const budgets: readonly Budget[] = [
  admission,
  acceptedAction,
  powerOnAndTold,
  stateChange,
  throughput,
  pulseWidth,
  powermgrReady,
  statemgrReady,
];
