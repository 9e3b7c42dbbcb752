import type { ComponentName } from "@busbar/contracts";
import type { DomainGraph, Platform } from "@busbar/platform";
import type { InterlockQuestion } from "./interlock.ts";

/** What thermal zones cool. */
export interface Cooling {
  readonly zones: Platform["zones"];
  readonly graph: Pick<DomainGraph, "closure">;
}

/** The zones of everything that the operation acts on, and of all it needs: a host heats the chassis around it. */
export function zonesAbout({ component, footprint }: InterlockQuestion, { zones, graph }: Cooling): readonly string[] {
  const heated = new Set<ComponentName>(graph.closure([component, ...footprint], "dependencies"));
  return [...zones].filter(([, cooled]) => cooled.some((name) => heated.has(name))).map(([zone]) => zone);
}
