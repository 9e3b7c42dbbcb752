import type { Milliseconds } from "@busbar/contracts";
import type { Context } from "../context.ts";
import { actionShown } from "./action-shown.ts";
import { confirm } from "./confirm.ts";
import { type ActionRequest, sendAction } from "./send-action.ts";
import { sendAndWait } from "./send-and-wait.ts";

export interface WantedAction extends Pick<ActionRequest, "component" | "action"> {
  readonly word: string;
  /** What it costs, where that has to be confirmed. */
  readonly question: string | undefined;
}

export interface ActionFlags {
  /** Absent: don't wait. */
  readonly waitFor?: Milliseconds;
  readonly requestId?: string;
  readonly override?: readonly string[];
  readonly yes?: boolean;
}

/** Asks for an action and shows the answer, or with --wait how it ended. */
export async function act(wanted: WantedAction, flags: ActionFlags, context: Context): Promise<void> {
  const { component, action, word, question } = wanted;
  const { surroundings, printer } = context;
  if (question !== undefined && !flags.yes) await confirm(`${component} ${word}`, question, surroundings);
  const { waitFor, requestId, override } = flags;
  const request: ActionRequest = { component, action, actor: surroundings.user, requestId, override };
  await context.bus(async (bus) => {
    if (waitFor === undefined) printer.show(actionShown(word, await sendAction(bus, request)));
    else await sendAndWait(bus, request, { word, waitFor }, context);
  });
}
