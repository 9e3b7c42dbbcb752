import { type ComponentName, milliseconds } from "@busbar/contracts";
import type { Fault, FaultKind } from "@busbar/hardware";
import type { HostFaults } from "./plant/host.ts";

export const targetOf = (fault: Fault): string => ("line" in fault ? fault.line : fault.component);

type OfKind<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;

/** The faults that are set: one of each kind per target, the last one set counts. */
export class FaultSet {
  readonly #faults = new Map<string, Fault>();

  add(fault: Fault): void {
    this.#faults.set(key(fault.kind, targetOf(fault)), fault);
  }

  /** Without target every fault of the kind, without both every fault. Returns what was there. */
  remove(kind?: FaultKind, target?: string): readonly Fault[] {
    const removed = [...this.#faults.values()].filter(
      (fault) => (kind === undefined || fault.kind === kind) && (target === undefined || targetOf(fault) === target),
    );
    for (const fault of removed) this.#faults.delete(key(fault.kind, targetOf(fault)));
    return removed;
  }

  find<K extends FaultKind>(kind: K, target: string): OfKind<K> | undefined {
    const fault = this.#faults.get(key(kind, target));
    return fault !== undefined && isOfKind(fault, kind) ? fault : undefined;
  }

  all(): readonly Fault[] {
    return [...this.#faults.values()];
  }

  /** What one component's model asks, answered by the faults that are set when it asks. */
  of(component: ComponentName): HostFaults {
    const has = (kind: FaultKind): boolean => this.find(kind, component) !== undefined;
    const delay = () => this.find("power-good-slow", component)?.delay ?? milliseconds(0);
    return {
      get powerGoodDelay() {
        return delay();
      },
      get isButtonDead() {
        return has("button-dead");
      },
      get osIgnoresButton() {
        return has("os-ignores-button");
      },
      get isResetDead() {
        return has("reset-dead");
      },
      get bootHangs() {
        return has("boot-hang");
      },
    };
  }
}

const key = (kind: FaultKind, target: string): string => `${kind} ${target}`;

const isOfKind = <K extends FaultKind>(fault: Fault, kind: K): fault is OfKind<K> => fault.kind === kind;
