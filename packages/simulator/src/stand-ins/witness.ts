import type { Bus } from "@busbar/bus";
import {
  type Action,
  busbar,
  type ComponentName,
  componentOf,
  decodeStateChange,
  isComponentName,
  kindOf,
  type Status,
  statusRoles,
  subjects,
  verbOf,
} from "@busbar/contracts";
import type { BoardController, Effect } from "@busbar/hardware";

/** What the judge's news depends on of a state change. */
export interface WitnessedChange {
  readonly component: ComponentName;
  readonly current: Status;
  readonly cause: Action | undefined;
  /** It began because somebody asked and was accepted. */
  readonly isRequested: boolean;
  /** Empty when none was behind it. */
  readonly operation: string;
}

/**
 * Tells the hazard judge what was accepted and what is over. Intents may arrive after the act; the judge waits for
 * them.
 */
export class Witness {
  readonly #board: Pick<BoardController, "intent" | "intentOver">;
  /** Components that each operation still moves. */
  readonly #moving = new Map<string, Set<ComponentName>>();

  constructor(board: Pick<BoardController, "intent" | "intentOver">) {
    this.#board = board;
  }

  async tell({ component, current, cause, isRequested, operation }: WitnessedChange): Promise<void> {
    if (operation === "") return;
    if (current === statusRoles(kindOf(component)).transitioning) {
      if (!isRequested || cause === undefined) return;
      const components = this.#moving.get(operation) ?? new Set();
      this.#moving.set(operation, components.add(component));
      for (const effect of effectsOf(component, cause)) await this.#board.intent({ operation, component, effect });
      return;
    }
    const left = this.#moving.get(operation);
    left?.delete(component);
    if (left?.size !== 0) return;
    this.#moving.delete(operation);
    await this.#board.intentOver(operation);
  }
}

/**
 * Listens to statemgr's own events: the judge must not learn what was accepted from the daemon that acts. Only what
 * statemgr has no part in, an emergency, it learns from powermgr.
 */
export async function startWitness(bus: Bus, board: BoardController): Promise<() => void> {
  const witness = new Witness(board);
  const subscriptions = [
    await bus.subscribe(subjects.everyTransition, async ({ subject, data }) => {
      const component = componentOf(subject);
      const { current, cause, origin } = decodeStateChange(component, data);
      const isRequested = origin.reason === busbar.v1.StateChangeReason.STATE_CHANGE_REASON_REQUESTED;
      await witness.tell({ component, current, cause, isRequested, operation: origin.operationId ?? "" });
    }),
    await bus.subscribe(subjects.emergency, async ({ data }) => {
      const { latched = false, operationIds, components } = busbar.v1.EmergencyEvent.decode(data).status ?? {};
      await board.latch(latched === true);
      const operation = operationIds?.at(-1);
      if (operation === undefined) return;
      for (const component of (components ?? []).filter(isComponentName)) {
        const effect = kindOf(component) === "chassis" ? "cut" : "force-off";
        await board.intent({ operation, component, effect });
      }
    }),
  ];
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}

function effectsOf(component: ComponentName, cause: Action): readonly Effect[] {
  const verb = verbOf(cause);
  if (verb === undefined) return [];
  if (verb === "cycle") return ["off", "on"];
  // Of no request to statemgr.
  if (verb === "emergency-off") return [];
  return verb === "force-off" && kindOf(component) === "chassis" ? ["cut"] : [verb];
}
