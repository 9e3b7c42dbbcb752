import type { Bus } from "@busbar/bus";
import {
  type Action,
  busbar,
  type ComponentName,
  componentOf,
  decodeStateChange,
  kindOf,
  statusRoles,
  subjects,
  verbOf,
} from "@busbar/contracts";
import type { BoardController, Effect } from "@busbar/hardware";

/**
 * Tells the hazard judge what was accepted, from statemgr's own events: the judge must not learn it from the daemon that
 * acts. Intents may arrive after the act; the judge waits for them.
 */
export async function startWitness(bus: Bus, board: BoardController): Promise<() => void> {
  /** Components that each operation still moves. */
  const moving = new Map<string, Set<ComponentName>>();
  const subscription = await bus.subscribe(subjects.everyTransition, async ({ subject, data }) => {
    const component = componentOf(subject);
    const { current, cause, origin } = decodeStateChange(component, data);
    const operation = origin.operationId;
    if (!operation) return;
    if (current === statusRoles(kindOf(component)).transitioning) {
      if (origin.reason !== busbar.v1.StateChangeReason.STATE_CHANGE_REASON_REQUESTED || cause === undefined) return;
      const components = moving.get(operation) ?? new Set();
      moving.set(operation, components.add(component));
      for (const effect of effectsOf(component, cause)) await board.intent({ operation, component, effect });
      return;
    }
    const left = moving.get(operation);
    left?.delete(component);
    if (left?.size !== 0) return;
    moving.delete(operation);
    await board.intentOver(operation);
  });
  return () => subscription.unsubscribe();
}

function effectsOf(component: ComponentName, cause: Action): readonly Effect[] {
  const verb = verbOf(cause);
  if (verb === undefined) return [];
  if (verb === "cycle") return ["off", "on"];
  return verb === "force-off" && kindOf(component) === "chassis" ? ["cut"] : [verb];
}
