import { type ComponentName, componentName } from "@busbar/contracts";
import { checkDependencies } from "./dependencies.ts";
import { type Domain, defineDomain, type WrittenDomain } from "./domain.ts";
import { DomainGraph } from "./domain-graph.ts";
import { checkLineUse } from "./line-use.ts";
import { type ChipDefinition, defineChips, defineLines, type LineDefinition } from "./lines.ts";
import type { Policies } from "./policy.ts";
import { policyConflicts } from "./policy-conflicts.ts";
import { Problems } from "./problems.ts";
import type { PlatformFile } from "./schema.ts";
import { checkShape } from "./shape.ts";
import { readYaml } from "./source.ts";
import { defineCopies } from "./template.ts";
import { writtenPolicies } from "./written-policies.ts";

/** One board: what lines it has, what they switch, and within which times. Templates are expanded. */
export interface Platform {
  readonly name: string;
  /** The file it was read from. */
  readonly file: string;
  /** False: nobody has run this file on its board yet. */
  readonly tried: boolean;
  readonly chips: ReadonlyMap<string, ChipDefinition>;
  readonly lines: ReadonlyMap<string, LineDefinition>;
  /** In the order of the file, copies after their template. */
  readonly domains: ReadonlyMap<ComponentName, Domain>;
  readonly graph: DomainGraph;
  readonly policies: Policies;
  /** `section.key` of the policies that the file gives; the others have their usual value. */
  readonly writtenPolicies: ReadonlySet<string>;
  /** Thermal zones, by the name in their alerts: what is cut in an emergency there. */
  readonly zones: ReadonlyMap<string, readonly ComponentName[]>;
}

/**
 * The platform that a YAML text describes. `file` is for messages.
 * @throws BusbarError INVALID_ARGUMENT: the message has a line for each problem (file:line:column: path: what; fix).
 */
export function parsePlatform(text: string, file: string): Platform {
  const problems = new Problems(file);
  const { value, locate } = readYaml(text, problems);
  const spec = checkShape(value, problems);
  const chips = defineChips(spec.gpio.chips);
  const lines = defineLines(spec.gpio.lines, chips, problems);
  const written = defineDomains(spec.domains, lines, problems);
  checkLineUse(written, lines, problems);
  const dependencies = checkDependencies(written, problems);
  checkZones(spec.zones, written, problems);
  for (const { key, what, fix } of policyConflicts(spec.policies))
    problems.add(["policies", ...key.split(".")], what, fix);
  problems.throwIfAny(locate);
  return {
    name: spec.platform,
    file,
    tried: spec.tried,
    chips,
    lines,
    domains: new Map(written.map(({ domain }) => [domain.name, domain])),
    graph: new DomainGraph(dependencies),
    policies: spec.policies,
    writtenPolicies: writtenPolicies(value),
    zones: new Map(Object.entries(spec.zones)),
  };
}

/** All domains with their copies; the copies' lines are added to `lines`. */
function defineDomains(
  specs: PlatformFile["domains"],
  lines: Map<string, LineDefinition>,
  problems: Problems,
): WrittenDomain[] {
  const names = Object.keys(specs).map(componentName);
  if (names.length === 0 && !problems.isSuspect(["domains"])) {
    problems.add(["domains"], "is empty", "define at least one domain");
  }
  return names.flatMap((name) => {
    const spec = specs[name];
    const domain = spec && defineDomain(name, spec, problems);
    if (domain === undefined) return [];
    const copies =
      domain.kind === "bmc" || spec?.template === undefined
        ? []
        : defineCopies(domain, spec.template.count, names, lines, problems);
    return [domain, ...copies].map((each): WrittenDomain => ({ domain: each, writtenAs: name }));
  });
}

function checkZones(zones: PlatformFile["zones"], written: readonly WrittenDomain[], problems: Problems): void {
  const known = new Set(written.filter(({ domain }) => domain.kind !== "bmc").map(({ domain }) => domain.name));
  for (const [zone, components] of Object.entries(zones)) {
    for (const [index, component] of components.entries()) {
      if (known.has(component)) continue;
      const fix = `name what this platform switches: ${[...known].join(", ")}`;
      problems.add(["zones", zone, index], `${component} is no power domain here`, fix);
    }
  }
}
