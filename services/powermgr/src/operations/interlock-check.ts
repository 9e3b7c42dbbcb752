import { BusbarError, type ComponentName, isOffVerb, milliseconds, type Verb } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { Policies } from "@busbar/platform";
import type { Interlock } from "../interlocks/interlock.ts";
import type { Journal } from "../store/journal.ts";
import type { Operation, PowerRequest } from "./operation.ts";

interface InterlockCheckOptions {
  readonly interlocks: readonly Interlock[];
  readonly policies: () => Policies;
  readonly clock: Clock;
  readonly journal: Journal;
}

type Overrides = Pick<Operation, "override" | "overridden">;

/** Asks the interlocks, at admission and again before each act, and lets by what may be overridden. Never for an off. */
export class InterlockCheck {
  #options: InterlockCheckOptions;

  constructor(options: InterlockCheckOptions) {
    this.#options = options;
  }

  /** @throws BusbarError INTERLOCK_DENIED; for an override INVALID_ARGUMENT, PERMISSION_DENIED */
  admit({ component, verb, override = [] }: PowerRequest, footprint: ReadonlySet<ComponentName>): Overrides {
    if (isOffVerb(verb)) return {};
    const { interlocks, policies, clock } = this.#options;
    for (const name of override) this.#requireOverridable(name, component);
    const overridden: string[] = [];
    for (const interlock of interlocks) {
      const denial = interlock.check({ component, verb, footprint });
      if (denial === undefined) continue;
      if (!override.includes(interlock.name)) throw denied(component, interlock, denial);
      overridden.push(interlock.name);
    }
    if (override.length === 0) return {};
    const until = milliseconds(clock.boottime() + policies().emergency.overrideTimeout);
    return { override: { interlocks: override, until }, ...(overridden.length > 0 && { overridden }) };
  }

  /** @throws BusbarError INTERLOCK_DENIED */
  recheck(operation: Operation, component: ComponentName, verb: Verb): void {
    if (isOffVerb(verb)) return;
    for (const interlock of this.#options.interlocks) {
      const denial = interlock.check({ component, verb, footprint: new Set([component]) });
      if (denial === undefined) continue;
      if (!this.#isOverridden(operation, interlock.name)) throw denied(component, interlock, denial);
      this.#note(operation, interlock.name);
    }
  }

  #requireOverridable(name: string, component: ComponentName): void {
    const { interlocks, policies } = this.#options;
    const interlock = interlocks.find((each) => each.name === name);
    if (interlock === undefined) {
      throw new BusbarError("INVALID_ARGUMENT", `there is no interlock ${name}`, {
        component,
        reason: "unknown-interlock",
        remedy: `name one of ${interlocks.map((each) => each.name).join(", ")}`,
      });
    }
    if (!policies().safety.emergencyOverride) {
      throw new BusbarError("PERMISSION_DENIED", "interlocks may not be overridden here", {
        component,
        reason: "override-not-allowed",
        remedy: "do without, or set the policy safety.emergencyOverride (powermgr.policies.update)",
      });
    }
    if (!interlock.overridable) {
      throw new BusbarError("PERMISSION_DENIED", `nobody may override ${name}`, {
        component,
        reason: "not-overridable",
        remedy: "remove what it denies for",
      });
    }
  }

  #isOverridden({ override, deadline }: Operation, name: string): boolean {
    const { clock, policies } = this.#options;
    return (
      override?.interlocks.includes(name) === true &&
      policies().safety.emergencyOverride &&
      deadline.boot === clock.bootId &&
      clock.boottime() < override.until
    );
  }

  /** Whoever reads the record must find it there, so it is written again. */
  #note(operation: Operation, name: string): void {
    const { overridden = [] } = operation;
    if (overridden.includes(name)) return;
    operation.overridden = [...overridden, name];
    this.#options.journal.started(operation);
  }
}

const denied = (component: ComponentName, interlock: Interlock, denial: { message: string; remedy: string }) =>
  new BusbarError("INTERLOCK_DENIED", denial.message, {
    component,
    reason: interlock.name,
    remedy: denial.remedy,
  });
