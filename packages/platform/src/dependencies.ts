import { type ComponentName, componentName, kindOf, nearMiss } from "@busbar/contracts";
import type { WrittenDomain } from "./domain.ts";
import { findCycles } from "./domain-graph.ts";
import type { Problems } from "./problems.ts";

/** What each domain needs: domains that there are, that have power to give, and that don't need it in turn. */
export function checkDependencies(
  written: readonly WrittenDomain[],
  problems: Problems,
): ReadonlyMap<ComponentName, readonly ComponentName[]> {
  const names = new Set(written.map(({ domain }) => domain.name));
  const origin = new Map(written.map(({ domain, writtenAs }) => [domain.name, writtenAs]));
  const edges = new Map<ComponentName, readonly ComponentName[]>();
  for (const { domain, writtenAs } of written) {
    const needs = domain.kind === "bmc" ? [] : domain.dependsOn;
    for (const [index, need] of needs.entries()) {
      const path = ["domains", writtenAs, "dependsOn", index];
      if (needs.indexOf(need) < index) {
        problems.add(path, `"${need}" is there twice`, "keep one of the two");
      } else if (kindOf(need) === "bmc") {
        problems.add(path, `"${need}" is a BMC: it is on whenever Busbar runs`, "remove it");
      } else if (!names.has(need) && !isInDoubt(need, names, problems)) {
        const meant = nearMiss(need, names);
        const fix = meant === undefined ? "define it" : `did you mean "${meant}"? Otherwise define it`;
        problems.add(path, `"${need}" is not among the domains`, fix);
      }
    }
    edges.set(
      domain.name,
      needs.filter((need) => names.has(need)),
    );
  }
  for (const cycle of findCycles(edges)) {
    const [from] = cycle.slice(-2);
    if (from === undefined) continue;
    const path = ["domains", origin.get(from) ?? from, "dependsOn"];
    problems.add(path, `goes round: ${cycle.join(" -> ")}`, "remove one of these dependencies", "key");
  }
  return edges;
}

/** It may be one that the file has, wrongly defined, or a copy of such a one. */
function isInDoubt(name: ComponentName, names: ReadonlySet<ComponentName>, problems: Problems): boolean {
  const template = componentName(`${kindOf(name)}.0`);
  const copied = names.has(template) ? ["domains", template, "template"] : ["domains", template];
  return problems.isSuspect(["domains", name]) || problems.isSuspect(copied);
}
