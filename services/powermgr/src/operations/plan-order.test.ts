import type { Power } from "@busbar/backend";
import { type ComponentName, componentName, type Verb } from "@busbar/contracts";
import { DomainGraph, type PowerDomain } from "@busbar/platform";
import fc from "fast-check";
import { expect, it } from "vitest";
import { follows, isAct, type PlanPart, type PlanStep, type PlanView, plan } from "./plan.ts";

// Random machines: two chassis, rails between, eight to sixteen hosts, each fed by one to three of them.

interface Machine {
  readonly names: readonly ComponentName[];
  readonly view: PlanView;
}

const timing = { powerGood: 1, minimumOff: 0, gracefulOff: 2, operation: 3 };

const machines = fc
  .record({
    rails: fc.array(fc.nat({ max: 1_000 }), { minLength: 0, maxLength: 3 }),
    hosts: fc.array(fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 3 }), { minLength: 8, maxLength: 16 }),
    powers: fc.array(fc.constantFrom<Power>("on", "off", "unknown"), { minLength: 21, maxLength: 21 }),
  })
  .map(({ rails, hosts, powers }): Machine => {
    const chassis = ["chassis.0", "chassis.1", ...rails.map((_, index) => `chassis.${index + 2}`)].map(componentName);
    const edges = new Map<ComponentName, readonly ComponentName[]>();
    for (const [index, name] of chassis.entries()) {
      const feeder = rails[index - 2];
      edges.set(name, feeder === undefined ? [] : [chassis[feeder % index] as ComponentName]);
    }
    for (const [index, feeders] of hosts.entries()) {
      const needs = new Set(feeders.map((feeder) => chassis[feeder % chassis.length] as ComponentName));
      edges.set(componentName(`host.${index}`), [...needs]);
    }
    const graph = new DomainGraph(edges);
    const names = [...edges.keys()];
    const power = new Map(names.map((name, index) => [name, powers[index] as Power]));
    return {
      names,
      view: {
        graph,
        domain: (name) =>
          ({
            backend: { type: name.startsWith("host") ? "gpio-buttons" : "gpio-rail" },
            timing,
            sequence: { onDelay: 1, offDelay: 1 },
          }) as unknown as PowerDomain,
        power: (name) => power.get(name) ?? "unknown",
        offFor: () => undefined,
      },
    };
  });

const cases = fc
  .record({ machine: machines, pick: fc.nat(), verb: fc.constantFrom<Verb>("on", "off", "cycle", "emergency-off") })
  .map(({ machine, pick, verb }) => {
    const component = machine.names[pick % machine.names.length] as ComponentName;
    return { ...machine, component, verb, parts: plan(component, verb, machine.view) };
  });

const needs = (view: PlanView, name: ComponentName, other: ComponentName) =>
  name !== other && view.graph.closure([name], "dependencies").includes(other);

const actsOf = (parts: readonly PlanPart[], matches: (step: PlanStep) => boolean) =>
  parts.flatMap((part, index) => (part.steps.some((step) => isAct(step) && matches(step)) ? [{ ...part, index }] : []));

const isOn = (step: PlanStep) =>
  (step.kind === "press" && step.toward === "on") || (step.kind === "switch" && step.to === "on");

it("nothing is switched on before all that it needs is", () => {
  fc.assert(
    fc.property(cases, ({ view, parts }) => {
      const ups = actsOf(parts, isOn);
      for (const one of ups)
        for (const other of ups)
          if (needs(view, one.component, other.component)) expect(follows(parts, one.index, other.index)).toBe(true);
    }),
  );
});

it("nothing is switched off before all that needs it: shutdown is start-up in reverse", () => {
  fc.assert(
    fc.property(cases, ({ view, parts }) => {
      const downs = actsOf(parts, (step) => !isOn(step));
      for (const one of downs)
        for (const other of downs)
          if (needs(view, other.component, one.component)) expect(follows(parts, one.index, other.index)).toBe(true);
    }),
  );
});

it("what does not need each other waits for nothing of each other", () => {
  fc.assert(
    fc.property(cases, ({ view, parts, verb }) => {
      if (verb === "cycle") return; // its way up waits for all of its way down
      const acts = actsOf(parts, () => true);
      for (const one of acts)
        for (const other of acts) {
          const related = needs(view, one.component, other.component) || needs(view, other.component, one.component);
          if (!related) expect(follows(parts, one.index, other.index)).toBe(false);
        }
    }),
  );
});

it("every component of a plan has one part that tells how it ended, and it is over after all its others", () => {
  fc.assert(
    fc.property(cases, ({ parts }) => {
      for (const component of new Set(parts.map((part) => part.component))) {
        const own = parts.flatMap((part, index) => (part.component === component ? [{ ...part, index }] : []));
        const telling = own.filter((part) => part.concludes);
        expect(telling).toHaveLength(1);
        for (const part of own)
          if (!part.concludes) expect(follows(parts, telling[0]?.index ?? -1, part.index)).toBe(true);
      }
    }),
  );
});

it("in an emergency nothing waits for power-good before all power is cut", () => {
  fc.assert(
    fc.property(cases, ({ names, component, view }) => {
      const parts = plan(component, "emergency-off", view);
      const acts = actsOf(parts, () => true);
      expect(new Set(acts.map((part) => part.component))).toEqual(
        new Set(names.filter((name) => name === component || needs(view, name, component))),
      );
      for (const { index, steps } of acts) {
        expect(steps.every(isAct)).toBe(true);
        for (const [other, { steps: waits }] of parts.entries())
          if (!waits.some(isAct)) expect(follows(parts, index, other)).toBe(false);
      }
    }),
  );
});
