import { BusbarError, type ComponentName, isOffVerb, type Verb } from "@busbar/contracts";

/** An operation that has not ended, as admission sees it. */
export interface Claim {
  readonly id: string;
  readonly verb: Verb;
  readonly component: ComponentName;
  readonly footprint: ReadonlySet<ComponentName>;
}

const overlap = (a: ReadonlySet<ComponentName>, b: ReadonlySet<ComponentName>) => [...a].some((name) => b.has(name));

/** An off takes over anything but an off; a forced one takes over a graceful one too (DESIGN §3, Off never waits). */
function preempts(newer: Verb, older: Verb): boolean {
  if (!isOffVerb(newer)) return false;
  return !isOffVerb(older) || (newer === "force-off" && older === "off");
}

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

/** Operations that may start now: none older holds or awaits a domain that they need. `open` is in order of admission. */
export function startable(open: readonly (Claim & { readonly running: boolean })[]): readonly Claim[] {
  const claimed = new Set<ComponentName>();
  const result: Claim[] = [];
  for (const claim of open) {
    if (!claim.running && !overlap(claim.footprint, claimed)) result.push(claim);
    for (const name of claim.footprint) claimed.add(name);
  }
  return result;
}
