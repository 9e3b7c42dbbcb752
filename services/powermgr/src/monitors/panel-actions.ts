import { randomUUID } from "node:crypto";
import type { Bus } from "@busbar/bus";
import {
  type Action,
  actionEndpoint,
  asBusbarError,
  type ComponentName,
  encodeActionRequest,
  isOffVerb,
  milliseconds,
  subjects,
  verbOf,
} from "@busbar/contracts";
import type { Log } from "@busbar/daemon";
import { operationTime, type Platform } from "@busbar/platform";
import { isDeaf } from "../endpoints/actions.ts";
import type { PowerEngine } from "../operations/engine.ts";

export type AskStatemgr = (component: ComponentName, action: Action, actor: string) => Promise<void>;

/** Sends a button's action through the one door (DESIGN §3). */
export const askStatemgr =
  (bus: Bus, integrationTimeout: number): AskStatemgr =>
  async (component, action, actor) => {
    await bus.request(actionEndpoint("statemgr", component), encodeActionRequest(component, action), {
      subject: subjects.action("statemgr", component),
      timeout: milliseconds(integrationTimeout),
      headers: { actor },
    });
  };

export interface PanelActionsOptions {
  readonly engine: Pick<PowerEngine, "submit">;
  readonly platform: Platform;
  readonly log: Pick<Log, "info" | "warn">;
}

/** What a panel button asks for: statemgr decides; when it can't be reached, an off is carried out all the same. */
export class PanelActions {
  /** Undefined until there is a broker. */
  statemgr: AskStatemgr | undefined;
  readonly #options: PanelActionsOptions;

  constructor(options: PanelActionsOptions) {
    this.#options = options;
  }

  /** Resolves when it is decided, carried out or refused; a person at the panel can't be told why. */
  async act(component: ComponentName, action: Action, actor: string): Promise<void> {
    const { log } = this.#options;
    try {
      const isHeard = await this.#ask(component, action, actor);
      if (!isHeard) this.#submit(component, action, actor);
      log.info({ component, action, actor, byStatemgr: isHeard }, "a panel button is acted for");
    } catch (error) {
      const { code, message } = asBusbarError(error);
      log.warn({ component, action, actor, code, reason: message }, "a panel button is not acted for");
    }
  }

  /** False: statemgr isn't there, and off is always possible. */
  async #ask(component: ComponentName, action: Action, actor: string): Promise<boolean> {
    const verb = verbOf(action);
    const isOff = verb !== undefined && isOffVerb(verb);
    if (this.statemgr === undefined && isOff) return false;
    try {
      if (this.statemgr === undefined) throw new Error("there is no broker yet");
      await this.statemgr(component, action, actor);
      return true;
    } catch (error) {
      if (isOff && isDeaf(error)) return false;
      throw error;
    }
  }

  #submit(component: ComponentName, action: Action, actor: string): void {
    const { engine, platform } = this.#options;
    const verb = verbOf(action);
    if (verb === undefined) return;
    const timeout = operationTime(platform, component, verb);
    engine.submit({
      id: `front-panel-${randomUUID()}`,
      component,
      verb,
      action,
      actor,
      source: "front-panel",
      timeout,
    });
  }
}
