import { type ComponentName, componentName, kindOf, statusRoles } from "@busbar/contracts";
import type { ComponentStateShape } from "../shapes/component-state.ts";
import type { StateChangeShape } from "../shapes/state-change.ts";

/**
 * What state changes tell of one operation: it ends when its own component and all that it carried along have left it.
 * Pure; changes may come twice and from two sources (events, history), in the order of their revisions within one.
 */
export class OperationCourse {
  readonly component: ComponentName;
  readonly operationId: string;
  readonly #revisions = new Map<string, number>();
  readonly #open = new Set<string>();
  readonly #ends = new Map<string, StateChangeShape>();
  #takenOverBy: string | undefined;

  constructor(component: ComponentName, operationId: string) {
    this.component = component;
    this.operationId = operationId;
    this.#open.add(component);
  }

  get hasEnded(): boolean {
    return this.#open.size === 0;
  }

  /** How the component that was asked for came out of it; undefined while it goes on, and when another took over. */
  get end(): StateChangeShape | undefined {
    return this.#ends.get(this.component);
  }

  /** The operation that the component went over to before this one had ended. */
  get takenOverBy(): string | undefined {
    return this.#takenOverBy;
  }

  /** Where it failed first, in the order of the ends; its own component's failure counts most. */
  get failure(): StateChangeShape | undefined {
    return [this.end, ...this.#ends.values()].find((end) => end !== undefined && end.reason !== "completed");
  }

  /** Components that haven't left it yet. */
  get open(): readonly string[] {
    return [...this.#open];
  }

  /** True when the change is news of this operation. */
  change(change: StateChangeShape): boolean {
    const { component, revision } = change;
    if (revision.id <= (this.#revisions.get(component) ?? 0)) return false;
    if (change.operation_id === this.operationId) {
      this.#revisions.set(component, revision.id);
      if (isTransitioning(component, change.current_status)) this.#open.add(component);
      else this.#leave(component, change);
      return true;
    }
    // A component that is in the operation leaves it with a change of another one, but only a later change says so.
    if (!this.#revisions.has(component) || !this.#open.has(component)) return false;
    this.#revisions.set(component, revision.id);
    this.#open.delete(component);
    if (component === this.component) this.#takenOverBy = change.operation_id ?? "";
    return true;
  }

  /** What statemgr says of a component now: how one learns of those that went along before one listened. */
  state(state: ComponentStateShape): void {
    const { component, operation_id, revision } = state;
    if (operation_id !== this.operationId || (this.#revisions.get(component) ?? 0) >= revision.id) return;
    this.#open.add(component);
    // The change that made it so is news when it comes.
    this.#revisions.set(component, revision.id - 1);
  }

  #leave(component: string, change: StateChangeShape): void {
    this.#open.delete(component);
    this.#ends.set(component, change);
  }
}

const isTransitioning = (component: string, status: string): boolean =>
  status === statusRoles(kindOf(componentName(component))).transitioning;
