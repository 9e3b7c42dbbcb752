import { BusbarError, type ComponentName, componentKinds, kindOf } from "@busbar/contracts";

type Edges = ReadonlyMap<ComponentName, readonly ComponentName[]>;

/** What needs what: `host.0` needs `chassis.0`. Immutable and free of cycles. */
export class DomainGraph {
  /** Start-up order: each domain after all it depends on; kind by kind otherwise, then as the file has them. */
  readonly order: readonly ComponentName[];
  readonly #dependencies: Edges;
  readonly #dependents: Edges;

  /** @throws BusbarError INVALID_ARGUMENT on a name that is no key of `dependencies` and on a cycle. */
  constructor(dependencies: Edges) {
    for (const [name, needs] of dependencies) {
      const stranger = needs.find((need) => !dependencies.has(need));
      if (stranger === undefined) continue;
      throw new BusbarError("INVALID_ARGUMENT", `${name} depends on ${stranger}, which is not defined`, {
        component: name,
        remedy: `define ${stranger} or remove it from dependsOn`,
      });
    }
    const { order, cycles } = walk(dependencies);
    const [cycle] = cycles;
    if (cycle !== undefined) {
      throw new BusbarError("INVALID_ARGUMENT", `the dependencies go round: ${cycle.join(" -> ")}`, {
        remedy: "remove one of these dependencies",
      });
    }
    const dependents = new Map<ComponentName, ComponentName[]>(order.map((name) => [name, []]));
    for (const name of order) for (const need of dependencies.get(name) ?? []) dependents.get(need)?.push(name);
    this.order = order;
    this.#dependencies = dependencies;
    this.#dependents = dependents;
  }

  /** What `name` needs directly. @throws BusbarError NOT_FOUND, as all methods here do for an unknown name. */
  dependencies(name: ComponentName): readonly ComponentName[] {
    return known(this.#dependencies, name);
  }

  /** What needs `name` directly. */
  dependents(name: ComponentName): readonly ComponentName[] {
    return known(this.#dependents, name);
  }

  /** `names` and all they need, or all that needs them, at any distance; in start-up order. */
  closure(names: Iterable<ComponentName>, along: "dependencies" | "dependents"): readonly ComponentName[] {
    const edges = along === "dependencies" ? this.#dependencies : this.#dependents;
    const reached = new Set<ComponentName>();
    const open = [...names];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (reached.has(name)) continue;
      reached.add(name);
      open.push(...known(edges, name));
    }
    return this.order.filter((name) => reached.has(name));
  }

  /** Those of `names` that need no other of them, each once: what takes all the others along when it goes off. */
  roots(names: Iterable<ComponentName>): readonly ComponentName[] {
    const all = new Set(names);
    const needsAnother = (name: ComponentName) =>
      this.closure([name], "dependencies").some((other) => other !== name && all.has(other));
    return [...all].filter((name) => !needsAnother(name));
  }
}

/** Every cycle that a walk meets, as a path whose end is its beginning. */
export const findCycles = (dependencies: Edges): readonly (readonly ComponentName[])[] => walk(dependencies).cycles;

function known(edges: Edges, name: ComponentName): readonly ComponentName[] {
  const found = edges.get(name);
  if (found !== undefined) return found;
  throw new BusbarError("NOT_FOUND", `${name} is not a domain of this platform`, {
    component: name,
    remedy: `known domains: ${[...edges.keys()].join(", ")}`,
  });
}

/** Depth first, dependencies before dependents. */
function walk(dependencies: Edges): { order: ComponentName[]; cycles: ComponentName[][] } {
  const rank = (name: ComponentName) => componentKinds.indexOf(kindOf(name));
  const order: ComponentName[] = [];
  const cycles: ComponentName[][] = [];
  const done = new Set<ComponentName>();
  const trail: ComponentName[] = [];
  const visit = (name: ComponentName): void => {
    if (done.has(name)) return;
    const begin = trail.indexOf(name);
    if (begin >= 0) {
      cycles.push([...trail.slice(begin), name]);
      return;
    }
    trail.push(name);
    for (const need of dependencies.get(name) ?? []) visit(need);
    trail.pop();
    done.add(name);
    order.push(name);
  };
  for (const name of [...dependencies.keys()].toSorted((a, b) => rank(a) - rank(b))) visit(name);
  return { order, cycles };
}
