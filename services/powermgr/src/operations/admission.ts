import { BusbarError, type ComponentName, isOffVerb, type Verb } from "@busbar/contracts";

/** An operation that has not ended, as admission sees it. */
export interface Claim {
  readonly id: string;
  readonly verb: Verb;
  readonly component: ComponentName;
  readonly footprint: ReadonlySet<ComponentName>;
}

const overlap = (a: ReadonlySet<ComponentName>, b: ReadonlySet<ComponentName>) => [...a].some((name) => b.has(name));

/** How urgent an off is: a forced one takes over a graceful one too, an emergency takes over both. */
const urgency: Readonly<Partial<Record<Verb, number>>> = { off: 1, "force-off": 2, "emergency-off": 3 };

/** An off takes over anything but an off that is as urgent (DESIGN §3, Off never waits). */
const preempts = (newer: Verb, older: Verb): boolean => (urgency[newer] ?? 0) > (urgency[older] ?? 0);

/**
 * Which open operations a new one takes over.
 * @throws BusbarError CONFLICT when it contradicts one that it may not take over, RESOURCE_EXHAUSTED when too many wait
 *   (never for an off).
 */
export function admit(request: Claim, open: readonly Claim[], limit: number): readonly Claim[] {
  const touching = open.filter((claim) => overlap(claim.footprint, request.footprint));
  const taken = touching.filter((claim) => preempts(request.verb, claim.verb));
  if (isOffVerb(request.verb)) return taken;
  for (const claim of touching) {
    const contradicts = isOffVerb(claim.verb) || (claim.component === request.component && claim.verb !== request.verb);
    if (contradicts) {
      throw new BusbarError(
        "CONFLICT",
        `${request.component} is busy: ${claim.verb} of ${claim.component} is in progress`,
        {
          component: request.component,
          operationId: claim.id,
          reason: "operation-in-progress",
          remedy: `wait for operation ${claim.id} to end, or force off`,
        },
      );
    }
  }
  if (open.length >= limit) {
    throw new BusbarError("RESOURCE_EXHAUSTED", `${open.length} operations are open, no more are taken`, {
      component: request.component,
      reason: "queue-full",
      remedy: "try again when some have ended (powermgr.operations.list)",
    });
  }
  return taken;
}

/**
 * Operations that may start now: none older holds or awaits a domain that they need, and no more than `most` are under
 * way. One that waits lets others by that need none of its domains, and nobody by that does. An off needs no place. An
 * emergency off waits for nothing but another one: what it preempted is ending. `open` is in order of admission.
 */
export function startable(open: readonly (Claim & { readonly running: boolean })[], most: number): readonly Claim[] {
  let free = most - open.filter((claim) => claim.running && !isOffVerb(claim.verb)).length;
  const claimed = new Set<ComponentName>();
  const inEmergency = new Set<ComponentName>();
  const result: Claim[] = [];
  for (const claim of open) {
    const isEmergency = claim.verb === "emergency-off";
    const needsPlace = !isOffVerb(claim.verb);
    const isFree = !overlap(claim.footprint, isEmergency ? inEmergency : claimed);
    if (!claim.running && isFree && (!needsPlace || free > 0)) {
      result.push(claim);
      if (needsPlace) free -= 1;
    }
    for (const name of claim.footprint) {
      claimed.add(name);
      if (isEmergency) inEmergency.add(name);
    }
  }
  return result;
}
