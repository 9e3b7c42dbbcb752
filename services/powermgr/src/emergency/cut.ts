import type { DomainControl, Power } from "@busbar/backend";
import { asBusbarError, type ComponentName } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import { controlOf, type Platform, type PowerDomain } from "@busbar/platform";
import { awaitPower, perform } from "../operations/steps.ts";

export interface Cut {
  readonly component: ComponentName;
  readonly power: Power;
  /** What kept it from being cut, if anything did. */
  readonly problem: string | undefined;
}

export interface CutOptions {
  readonly platform: Platform;
  readonly controls: ReadonlyMap<ComponentName, DomainControl>;
  readonly clock: Clock;
}

/**
 * Cuts every domain without a journal, a broker or anybody to ask: all hosts at once, by the rules of a hold, then their
 * rails, whether the hosts went off or not. A host that was pressed on a moment before, by a powermgr that was stopped
 * since, may show it late: where no rail was cut that it needs, power-good has its time to show it, and it is held again.
 */
export async function cutAll({ platform, controls, clock }: CutOptions): Promise<readonly Cut[]> {
  const domains = [...platform.domains.values()].filter((domain) => domain.kind !== "bmc");
  const isHost = ({ backend }: PowerDomain) => controlOf(backend) === "buttons";
  const { retryAttempts } = platform.policies.sequencing;
  const cut = (domain: PowerDomain) => cutOne(domain, controls.get(domain.name), retryAttempts, clock);
  const hosts = await Promise.all(domains.filter(isHost).map(cut));
  // Whatever feeds others goes after them.
  const order = platform.graph.closure(
    domains.map(({ name }) => name),
    "dependencies",
  );
  const rails = domains
    .filter((domain) => !isHost(domain))
    .toSorted((a, b) => order.indexOf(b.name) - order.indexOf(a.name));
  const cuts = [...hosts];
  for (const rail of rails) cuts.push(await cut(rail));
  await Promise.all(
    domains.filter(isHost).map(async (domain) => {
      const control = controls.get(domain.name);
      const feeders = platform.graph.closure([domain.name], "dependencies");
      const hasNoPower = cuts.some(
        ({ component, power }) => component !== domain.name && power === "off" && feeders.includes(component),
      );
      if (control === undefined || hasNoPower || !(await comesOn(domain, control))) return;
      const index = cuts.findIndex(({ component }) => component === domain.name);
      cuts[index] = await cut(domain);
    }),
  );
  return cuts;
}

async function cutOne(
  { name, backend, timing }: PowerDomain,
  control: DomainControl | undefined,
  attempts: number,
  clock: Clock,
): Promise<Cut> {
  if (control === undefined) return { component: name, power: "unknown", problem: "not on this platform" };
  const never = new AbortController().signal;
  const context = {
    control,
    signal: never,
    clock,
    offFor: () => undefined,
    pendingOn: () => undefined,
    notePressedOn: () => {},
    attempts,
    onAttempt: () => {},
  };
  try {
    const isHost = controlOf(backend) === "buttons";
    await perform(isHost ? { kind: "hold", component: name } : { kind: "switch", component: name, to: "off" }, context);
    await awaitPower(control, "off", timing.powerGood, never);
    return { component: name, power: await control.sense.readStable(), problem: undefined };
  } catch (error) {
    return { component: name, power: await control.sense.readStable(), problem: asBusbarError(error).message };
  }
}

const comesOn = async ({ timing }: PowerDomain, control: DomainControl): Promise<boolean> =>
  awaitPower(control, "on", timing.powerGood, new AbortController().signal);
