import { type ComponentName, componentName } from "@busbar/contracts";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { DomainGraph, findCycles } from "./domain-graph.ts";

const edges = (needs: Readonly<Record<string, readonly string[]>>) =>
  new Map(Object.entries(needs).map(([name, list]) => [componentName(name), list.map(componentName)]));

const twoTrays = new DomainGraph(
  edges({
    "host.0": ["chassis.1"],
    "host.1": ["chassis.1", "chassis.2"],
    "host.2": [],
    "chassis.2": ["chassis.0"],
    "chassis.1": ["chassis.0"],
    "chassis.0": [],
    "bmc.0": [],
  }),
);
const host0 = componentName("host.0");
const host1 = componentName("host.1");
const chassis0 = componentName("chassis.0");
const chassis1 = componentName("chassis.1");
const chassis2 = componentName("chassis.2");

describe("a domain graph", () => {
  it("starts what is needed first, then kind by kind, then as the file has it", () => {
    expect(twoTrays.order).toEqual(["bmc.0", "chassis.0", "chassis.2", "chassis.1", "host.0", "host.1", "host.2"]);
  });

  it("knows both directions of a dependency", () => {
    expect(twoTrays.dependencies(host1)).toEqual(["chassis.1", "chassis.2"]);
    expect(twoTrays.dependencies(chassis0)).toEqual([]);
    expect(twoTrays.dependents(chassis1)).toEqual(["host.0", "host.1"]);
    expect(twoTrays.dependents(host0)).toEqual([]);
  });

  it("finds what is needed, and what needs it, at any distance", () => {
    expect(twoTrays.closure([host1], "dependencies")).toEqual(["chassis.0", "chassis.2", "chassis.1", "host.1"]);
    expect(twoTrays.closure([chassis2], "dependents")).toEqual(["chassis.2", "host.1"]);
    expect(twoTrays.closure([host0, chassis0], "dependents")).toEqual([
      "chassis.0",
      "chassis.2",
      "chassis.1",
      "host.0",
      "host.1",
    ]);
    expect(twoTrays.closure([], "dependents")).toEqual([]);
  });

  it("finds those that no other of some feeds, at any distance", () => {
    expect(twoTrays.roots([host1, chassis0, host0, host1])).toEqual([chassis0]);
    expect(twoTrays.roots([host1, chassis2, host0])).toEqual([chassis2, host0]);
    expect(twoTrays.roots([])).toEqual([]);
  });

  it("lets a host depend on another host", () => {
    const graph = new DomainGraph(edges({ "host.0": ["host.1"], "host.1": [] }));
    expect(graph.order).toEqual(["host.1", "host.0"]);
  });

  it("refuses a name that nothing defines", () => {
    expect(() => new DomainGraph(edges({ "host.0": ["chassis.0"] }))).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: "host.0 depends on chassis.0, which is not defined",
        component: "host.0",
      }),
    );
  });

  it("refuses a cycle and shows the way round", () => {
    expect(() => new DomainGraph(edges({ "host.0": ["host.1"], "host.1": ["host.2"], "host.2": ["host.0"] }))).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: "the dependencies go round: host.0 -> host.1 -> host.2 -> host.0",
      }),
    );
  });

  it("answers NOT_FOUND for a component that has no domain", () => {
    const stranger = componentName("host.9");
    for (const ask of [
      () => twoTrays.dependencies(stranger),
      () => twoTrays.dependents(stranger),
      () => twoTrays.closure([stranger], "dependents"),
    ]) {
      expect(ask).toThrow(expect.objectContaining({ code: "NOT_FOUND", component: "host.9" }));
    }
  });
});

test("a domain that needs itself is a cycle of one", () => {
  expect(findCycles(edges({ "host.0": ["host.0"] }))).toEqual([["host.0", "host.0"]]);
});

test("each of two separate cycles is found", () => {
  const cycles = findCycles(
    edges({ "host.0": ["host.1"], "host.1": ["host.0"], "host.2": ["host.3"], "host.3": ["host.2"] }),
  );
  expect(cycles).toEqual([
    ["host.0", "host.1", "host.0"],
    ["host.2", "host.3", "host.2"],
  ]);
});

/** Any directed graph over up to 8 domains, as pairs of indices. */
const anyEdges = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.tuple(
    fc.shuffledSubarray(
      Array.from({ length: size }, (_, index) => componentName(`${index % 3 === 0 ? "chassis" : "host"}.${index}`)),
      { minLength: size },
    ),
    fc.uniqueArray(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { selector: ([a, b]) => a * size + b, maxLength: 20 }),
  ),
);

const build = ([names, pairs]: [ComponentName[], [number, number][]], allow: (from: number, to: number) => boolean) =>
  new Map(
    names.map((name, from) => [
      name,
      pairs.filter(([a, b]) => a === from && allow(a, b)).flatMap(([, b]) => names[b] ?? []),
    ]),
  );

describe("any graph without cycles", () => {
  it("has each domain once, after all that it needs", () => {
    fc.assert(
      fc.property(anyEdges, (drawn) => {
        const needs = build(drawn, (from, to) => from > to);
        const { order } = new DomainGraph(needs);
        expect([...order].sort()).toEqual([...needs.keys()].sort());
        for (const [name, list] of needs) {
          for (const need of list) expect(order.indexOf(need)).toBeLessThan(order.indexOf(name));
        }
      }),
    );
  });

  it("has closures that hold the names, are closed, and mirror each other", () => {
    fc.assert(
      fc.property(anyEdges, (drawn) => {
        const graph = new DomainGraph(build(drawn, (from, to) => from > to));
        for (const name of graph.order) {
          const below = graph.closure([name], "dependencies");
          expect(below).toContain(name);
          expect(graph.closure(below, "dependencies")).toEqual(below);
          for (const other of graph.order) {
            expect(below.includes(other)).toBe(graph.closure([other], "dependents").includes(name));
          }
        }
      }),
    );
  });
});

test("any graph is either refused with a cycle that is really there, or has none", () => {
  fc.assert(
    fc.property(anyEdges, (drawn) => {
      const needs = build(drawn, () => true);
      const cycles = findCycles(needs);
      for (const cycle of cycles) {
        expect(cycle.length).toBeGreaterThan(1);
        expect(cycle.at(-1)).toBe(cycle[0]);
        for (const [index, name] of cycle.slice(0, -1).entries()) expect(needs.get(name)).toContain(cycle[index + 1]);
      }
      if (cycles.length === 0) expect(() => new DomainGraph(needs)).not.toThrow();
      else expect(() => new DomainGraph(needs)).toThrow("go round");
    }),
  );
});
