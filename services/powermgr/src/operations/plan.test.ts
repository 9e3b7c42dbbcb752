import type { Power } from "@busbar/backend";
import { type ComponentName, componentName, isOffVerb, milliseconds, type Verb } from "@busbar/contracts";
import { DomainGraph, type PowerDomain } from "@busbar/platform";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { customSteps } from "./custom-steps.ts";
import { afterOf, footprint, isAct, isToggle, type PlanView, plan } from "./plan.ts";

const names = ["chassis.0", "chassis.1", "host.0", "host.1", "host.2", "host.3"].map(componentName);
const feeds = (name: ComponentName): ComponentName[] =>
  name.startsWith("host") ? [componentName(`chassis.${Number(name.slice(5)) % 2}`)] : [];
const graph = new DomainGraph(new Map(names.map((name) => [name, feeds(name)])));

const timing = { powerGood: 1, minimumOff: 0, gracefulOff: 2, operation: 3 };
const domain = (name: ComponentName) =>
  ({
    backend: name.startsWith("host") ? { type: "gpio-buttons" } : { type: "gpio-rail" },
    timing,
    sequence: { onDelay: 1, offDelay: 1 },
  }) as unknown as PowerDomain;

const second = milliseconds(1_000);
const auxiliary: PowerDomain["sequence"] = {
  onDelay: milliseconds(0),
  offDelay: milliseconds(0),
  beforeOn: [
    { type: "set", line: "aux-enable", to: "active" },
    { type: "await", line: "aux-good", level: "active", within: second },
    { type: "pause", duration: second },
  ],
  afterOff: [{ type: "set", line: "aux-enable", to: "inactive" }],
};

const viewOf = (powers: ReadonlyMap<ComponentName, Power>): PlanView => ({
  graph,
  domain,
  power: (name) => powers.get(name) ?? "unknown",
  offFor: () => undefined,
});

const powersOf = fc
  .array(fc.constantFrom<Power>("on", "off", "unknown"), { minLength: names.length, maxLength: names.length })
  .map((powers) => new Map(names.map((name, index) => [name, powers[index] as Power])));
const anyName = fc.constantFrom(...names);
const anyVerb = fc.constantFrom<Verb>("on", "off", "force-off", "reset");

const lines = (component: string, verb: Verb, powers: Record<string, Power>) => {
  const all = new Map(names.map((name) => [name, powers[name] ?? "off"]));
  return plan(componentName(component), verb, viewOf(all)).flatMap((part) =>
    part.steps.map((step) =>
      [
        step.kind,
        step.component,
        "toward" in step ? step.toward : "to" in step ? step.to : "power" in step ? step.power : "",
      ]
        .filter(Boolean)
        .join(" "),
    ),
  );
};

describe("the steps that a platform adds", () => {
  const kinds = (verb: Verb, power: Power) => {
    const host = componentName("host.0");
    const view = viewOf(new Map(names.map((name) => [name, name === host ? power : "on"])));
    const withSteps: PlanView = { ...view, domain: (name) => ({ ...domain(name), sequence: auxiliary }) };
    return plan(host, verb, withSteps).flatMap(({ steps }) => steps.map(({ kind }) => kind));
  };

  it("come right before the power-on, and after the verified off", () => {
    expect(kinds("on", "off")).toEqual(["set-line", "await-line", "pause", "press", "await"]);
    expect(kinds("off", "on")).toEqual(["press", "await", "set-line"]);
    expect(kinds("force-off", "on")).toEqual(["hold", "await", "set-line"]);
    expect(kinds("emergency-off", "on")).toEqual(["hold", "await", "set-line"]);
  });

  it("set levels, which may be set again, and are no toggles", () => {
    const [set, wait] = customSteps(componentName("host.0"), auxiliary, "beforeOn");
    if (set === undefined || wait === undefined) throw new Error("no steps");
    expect([isAct(set), isToggle(set), isAct(wait)]).toEqual([true, false, false]);
  });
});

describe("the steps of", () => {
  it("a host switched on while its chassis is off", () => {
    expect(lines("host.0", "on", {})).toEqual([
      "switch chassis.0 on",
      "await chassis.0 on",
      "pause chassis.0",
      "press host.0 on",
      "await host.0 on",
    ]);
  });

  it("a host switched on while its chassis is on", () => {
    expect(lines("host.0", "on", { "chassis.0": "on" })).toEqual(["press host.0 on", "await host.0 on"]);
  });

  it("a chassis switched off with one of its hosts on", () => {
    expect(lines("chassis.0", "off", { "chassis.0": "on", "host.2": "on" })).toEqual([
      "press host.2 off",
      "await host.2 off",
      "pause chassis.0",
      "switch chassis.0 off",
      "await chassis.0 off",
    ]);
  });

  it("a chassis cut with one of its hosts on", () => {
    expect(lines("chassis.0", "force-off", { "chassis.0": "on", "host.2": "on" })).toEqual([
      "switch chassis.0 off",
      "await chassis.0 off",
      "await host.2 off",
    ]);
  });

  it("a host held off", () => {
    expect(lines("host.0", "force-off", { "host.0": "on" })).toEqual(["hold host.0", "await host.0 off"]);
  });

  it("a chassis cycled with one of its hosts on: the other one stays off", () => {
    expect(lines("chassis.0", "cycle", { "chassis.0": "on", "host.2": "on" })).toEqual([
      "press host.2 off",
      "await host.2 off",
      "pause chassis.0",
      "switch chassis.0 off",
      "await chassis.0 off",
      "pause chassis.0",
      "rest chassis.0",
      "switch chassis.0 on",
      "await chassis.0 on",
      "pause chassis.0",
      "rest host.2",
      "press host.2 on",
      "await host.2 on",
    ]);
  });

  it("a reset", () => {
    expect(lines("host.0", "reset", { "host.0": "on" })).toEqual(["reset host.0"]);
  });
});

describe("what goes side by side", () => {
  const after = (component: string, verb: Verb, powers: Record<string, Power>) => {
    const all = new Map(names.map((name) => [name, powers[name] ?? "off"]));
    return plan(componentName(component), verb, viewOf(all)).map(
      (part) => `${part.component} after ${part.after.join(" ")}`,
    );
  };
  const bothOn = { "chassis.0": "on", "host.0": "on", "host.2": "on" } as const;

  it("the hosts of a chassis go off together, and the rail after all of them", () => {
    expect(after("chassis.0", "off", bothOn)).toEqual(["host.2 after ", "host.0 after ", "chassis.0 after 0 1"]);
  });

  it("a cycled chassis comes back before its hosts, and they together", () => {
    expect(after("chassis.0", "cycle", bothOn).slice(3)).toEqual([
      "chassis.0 after 2",
      "host.0 after 3",
      "host.2 after 3",
    ]);
  });

  it("an emergency holds all hosts at once, the rail follows their holds whatever came of them, power-good is read last", () => {
    expect(lines("chassis.0", "emergency-off", bothOn)).toEqual([
      "hold host.2",
      "hold host.0",
      "switch chassis.0 off",
      "await host.2 off",
      "await host.0 off",
      "await chassis.0 off",
    ]);
    expect(after("chassis.0", "emergency-off", bothOn)).toEqual([
      "host.2 after ",
      "host.0 after ",
      "chassis.0 after 0 1",
      "host.2 after 0 2",
      "host.0 after 1 2",
      "chassis.0 after 2",
    ]);
  });

  it("an emergency leaves no host out, whatever its power-good shows", () => {
    expect(lines("chassis.0", "emergency-off", {})).toContain("hold host.2");
  });

  it("the parts of an old journal follow one another", () => {
    const { after: _, ...part } = plan(componentName("host.0"), "reset", viewOf(new Map()))[0] ?? { after: [] };
    expect([0, 1, 2].map((index) => afterOf(part as never, index))).toEqual([[], [0], [1]]);
  });
});

it("a plan never starts a dependent first, and shuts down in the reverse order", () => {
  fc.assert(
    fc.property(anyName, anyVerb, powersOf, (component, verb, powers) => {
      const order = plan(component, verb, viewOf(powers)).map((part) => part.component);
      expect(new Set(order).size).toBe(order.length);
      for (const [index, name] of order.entries()) {
        const after = order.slice(index + 1);
        const needs = graph.dependencies(name);
        if (verb === "on") expect(after.some((later) => needs.includes(later))).toBe(false);
        if (verb === "off") expect(after.some((later) => graph.dependencies(later).includes(name))).toBe(false);
      }
    }),
  );
});

it("a plan acts on nothing outside its footprint, and a rail goes off only when all it feeds has", () => {
  fc.assert(
    fc.property(anyName, anyVerb, powersOf, (component, verb, powers) => {
      const view = viewOf(powers);
      const parts = plan(component, verb, view);
      const allowed = footprint(component, verb, view);
      for (const part of parts) expect(allowed.has(part.component)).toBe(true);
      if (verb !== "off") return;
      const switched = parts.filter((part) => part.steps.some((step) => step.kind === "switch"));
      for (const rail of switched) {
        for (const dependent of graph.dependents(rail.component)) {
          const isHandled = powers.get(dependent) === "off" || parts.some((part) => part.component === dependent);
          expect(isHandled).toBe(true);
        }
      }
    }),
  );
});

it("an off never switches or presses anything on", () => {
  fc.assert(
    fc.property(anyName, anyVerb.filter(isOffVerb), powersOf, (component, verb, powers) => {
      for (const { steps } of plan(component, verb, viewOf(powers))) {
        for (const step of steps) {
          expect(step).not.toMatchObject({ kind: "switch", to: "on" });
          expect(step).not.toMatchObject({ kind: "press", toward: "on" });
        }
      }
    }),
  );
});
