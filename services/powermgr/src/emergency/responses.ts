import { actionFor, asBusbarError, type ComponentName, kindOf } from "@busbar/contracts";
import type { Log } from "@busbar/daemon";
import type { DomainGraph, FaultResponse } from "@busbar/platform";
import type { Door } from "../endpoints/door.ts";
import type { Emergency } from "./emergency.ts";
import type { EmergencySource } from "./latch.ts";

/** Something that may need power to be cut. */
export interface Threat {
  readonly source: EmergencySource;
  readonly reason: string;
  /** What it endangers; nothing when nobody knows. */
  readonly components: readonly ComponentName[];
  readonly response: FaultResponse;
}

export interface ResponseOptions {
  readonly emergency: Emergency;
  readonly door: Pick<Door, "ask">;
  readonly graph: DomainGraph;
  /** Ends the asking when powermgr stops. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Who asks for what nobody asked for. */
const actor = "powermgr";

/**
 * Answers a threat as its policy says. Where nobody knows what it endangers, nothing is cut: an alert of a zone that the
 * platform doesn't map could be anybody's.
 */
export class Responses {
  readonly #options: ResponseOptions;
  /** Components whose graceful off is being asked for. */
  readonly #asking = new Set<ComponentName>();

  constructor(options: ResponseOptions) {
    this.#options = options;
  }

  respond({ source, reason, components, response }: Threat): void {
    const { emergency, graph, log } = this.#options;
    if (response === "notify" || components.length === 0) {
      log.warn({ source, reason, components }, "a threat that nothing is switched off for");
      return;
    }
    if (response === "immediate_off") {
      emergency.off({ source, reason, actor: "", components });
      return;
    }
    for (const root of graph.roots(components)) void this.#askOff(root, reason);
  }

  /** Through the one door: statemgr escalates when the operating system ignores it. */
  async #askOff(component: ComponentName, reason: string): Promise<void> {
    const { door, signal, log } = this.#options;
    const action = actionFor(kindOf(component), "off");
    if (action === undefined || this.#asking.has(component)) return;
    this.#asking.add(component);
    try {
      const { outcome } = await door.ask(component, action, { actor, signal }, "emergency");
      log.warn({ component, reason, outcome }, "switched off for a fault");
    } catch (error) {
      log.error({ err: asBusbarError(error), component, reason }, "could not be switched off for a fault");
    } finally {
      this.#asking.delete(component);
    }
  }
}
