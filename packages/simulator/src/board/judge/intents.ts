import { type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Effect } from "@busbar/hardware";
import { type Act, explanations, isToggle } from "./act.ts";

/**
 * News of acceptance, preemption and end travels over the bus while the request itself is on its way to the hardware:
 * for this long either may be ahead of the other.
 */
export const newsDelay = milliseconds(5_000);

/** For this long after its first act an operation that has not been said to be over may still be at work. */
const operationSpan = milliseconds(60_000);

/** A force off whose news is late explains a mere press no further back than this: a hold that a crash cut short. */
const crashSpan = milliseconds(15_000);

/** More open intents than this on one component are nobody's operation any more. */
const kept = 32;

export interface Accepted {
  readonly operation: string;
  readonly effect: Effect;
}

interface Grant extends Accepted {
  readonly since: Milliseconds;
  /** Explains no act later than this. */
  voidAfter: Milliseconds | undefined;
  /** The act that it explained; of several (levels may be repeated) the first. */
  usedBy: Act | undefined;
}

const wantsOff = (effect: Effect): boolean => effect === "off" || effect === "force-off" || effect === "cut";

/** The accepted requests of one component, and what they explain. */
export class Intents {
  #grants: Grant[] = [];
  /** The last act on a rail that an on explained. */
  #switchedOn: Act | undefined;

  accept(operation: string, effect: Effect, at: Milliseconds): void {
    // Off preempts what is under way, and on is only accepted once an off has ended (DESIGN §3): the earlier one is over.
    for (const grant of this.#grants) {
      const isOvertaken = wantsOff(effect) ? !wantsOff(grant.effect) : effect === "on" && wantsOff(grant.effect);
      if (isOvertaken && grant.operation !== operation) expire(grant, at);
    }
    this.#grants.push({ operation, effect, since: at, voidAfter: undefined, usedBy: undefined });
    if (this.#grants.length > kept) this.#grants = this.#grants.slice(-kept);
  }

  over(operation: string, at: Milliseconds): void {
    for (const grant of this.#grants) if (grant.operation === operation) expire(grant, at);
  }

  /** Explains the act if an accepted request does; a toggle uses that request up. */
  explain(act: Act): boolean {
    // One that counts before one that is overtaken, then the oldest.
    const good = this.#grants
      .filter((grant) => isGoodFor(grant, act))
      .toSorted((a, b) => Number(isVoided(a)) - Number(isVoided(b)));
    for (const effect of explanations[act.kind]) {
      const grant = good.find((each) => each.effect === effect && !isSpent(each, act) && !isTooLate(each, act));
      if (grant === undefined) continue;
      grant.usedBy ??= act;
      if (act.kind === "switch-on") this.#switchedOn = act;
      return true;
    }
    return good.some((grant) => grant.effect === "on") && this.#isRollback(act);
  }

  /** An operation may take back the rail that it has switched on itself (DESIGN §8, rollback). */
  #isRollback(act: Act): boolean {
    return (
      act.kind === "switch-off" && this.#switchedOn !== undefined && isWithin(operationSpan, this.#switchedOn, act)
    );
  }

  /** Takes back that the act was explained: it turned out to be another one. */
  retract(act: Act): void {
    for (const grant of this.#grants) if (grant.usedBy === act) grant.usedBy = undefined;
  }

  /** The unused accepted request whose opposite the press does; only one that nothing has overtaken if `isLive`. */
  opposedTo(act: Act, isLive: boolean): Accepted | undefined {
    const isOpposite = (effect: Effect): boolean => (act.kind === "press-on" ? wantsOff(effect) : effect === "on");
    return this.#grants.find(
      (grant) =>
        !isSpent(grant, act) &&
        isOpposite(grant.effect) &&
        (isLive ? grant.voidAfter === undefined : isGoodFor(grant, act)),
    );
  }

  /** The accepted request that has had its one toggle of this sort already. */
  repeatedBy(act: Act): Accepted | undefined {
    const isPress = (kind: Act["kind"]): boolean => kind === "press-on" || kind === "press-off";
    const isSameSort = (used: Act): boolean => used.kind === act.kind || (isPress(used.kind) && isPress(act.kind));
    return this.#grants.findLast(
      (grant) =>
        grant.usedBy !== undefined && isSameSort(grant.usedBy) && isGoodFor(grant, act) && isStillAtWork(grant, act),
    );
  }
}

function expire(grant: Grant, at: Milliseconds): void {
  grant.voidAfter ??= milliseconds(at + newsDelay);
}

const isVoided = ({ voidAfter }: Grant): boolean => voidAfter !== undefined;

const isGoodFor = (grant: Grant, act: Act): boolean => grant.voidAfter === undefined || act.at <= grant.voidAfter;

/** One intent explains one toggle. A level may be set again, while the operation that wants it is still at work. */
function isSpent(grant: Grant, act: Act): boolean {
  if (grant.usedBy === undefined) return false;
  const wantsLevel = grant.effect === "force-off" || grant.effect === "cut" || !isToggle(grant.usedBy.kind);
  return !wantsLevel || !isStillAtWork(grant, act);
}

const isTooLate = ({ effect, since }: Grant, act: Act): boolean =>
  effect === "force-off" && act.kind === "press-off" && act.at < since - crashSpan;

const isStillAtWork = ({ usedBy }: Grant, act: Act): boolean =>
  usedBy !== undefined && isWithin(operationSpan, usedBy, act);

const isWithin = (span: Milliseconds, first: Act, then: Act): boolean =>
  then.at >= first.at && then.at - first.at <= span;
