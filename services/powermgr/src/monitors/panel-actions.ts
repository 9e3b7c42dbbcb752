import { type Action, asBusbarError, type ComponentName } from "@busbar/contracts";
import type { Log } from "@busbar/daemon";
import type { Door } from "../endpoints/door.ts";

export interface PanelActionsOptions {
  readonly door: Pick<Door, "ask">;
  /** Ends the asking when powermgr stops. */
  readonly signal: AbortSignal;
  readonly log: Pick<Log, "info" | "warn">;
}

export type PanelAct = (component: ComponentName, action: Action, actor: string) => Promise<void>;

/**
 * What a panel button asks for, through the one door. Resolves when it is decided, carried out or refused: a person at the
 * panel can't be told why.
 */
export const panelActions =
  ({ door, signal, log }: PanelActionsOptions): PanelAct =>
  async (component, action, actor) => {
    try {
      const { operationId, outcome } = await door.ask(component, action, { actor, signal }, "front-panel");
      log.info({ component, action, actor, outcome, operationId }, "a panel button is acted for");
    } catch (error) {
      const { code, message } = asBusbarError(error);
      log.warn({ component, action, actor, code, reason: message }, "a panel button is not acted for");
    }
  };
