import { type Action, actionsOf, type ComponentKind } from "@busbar/contracts";
import { actionWord } from "../output/words.ts";

/** What is asked before an action that can cost work that isn't saved, or that can't be undone. */
const questions: Partial<Record<Action, string>> = {
  HOST_ACTION_FORCE_OFF: "its power is cut without shutting the operating system down",
  CHASSIS_ACTION_EMERGENCY_SHUTDOWN: "its power is cut under every host that runs on it",
  CHASSIS_ACTION_POWER_CYCLE: "every host that runs on it is switched off and on",
  MANAGEMENT_CONTROLLER_ACTION_FACTORY_RESET: "its configuration is lost",
};

export const questionBefore = (action: Action): string | undefined => questions[action];

export interface NamedAction {
  readonly action: Action;
  /** As the command line spells it. */
  readonly word: string;
}

/** Every action that the contract defines; which of them a platform supports is for the service to say. */
export const actionWords = (kind: ComponentKind): readonly NamedAction[] =>
  actionsOf(kind).map((action) => ({ action, word: actionWord(action) }));
