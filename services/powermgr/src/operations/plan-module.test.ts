import { componentName, type Verb } from "@busbar/contracts";
import { DomainGraph, type PowerDomain } from "@busbar/platform";
import { expect, it } from "vitest";
import { plan } from "./plan.ts";

const chassis = componentName("chassis.0");

const acts = (control: "rail" | "buttons", verb: Verb) =>
  plan(chassis, verb, {
    graph: new DomainGraph(new Map([[chassis, []]])),
    domain: () => ({
      backend: { type: "module", module: "@acme/pdu", control, options: undefined },
      timing: { powerGood: 1, minimumOff: 0, gracefulOff: 2, operation: 3 } as PowerDomain["timing"],
      sequence: { onDelay: 0, offDelay: 0 } as PowerDomain["sequence"],
    }),
    power: () => (verb === "on" ? "off" : "on"),
    offFor: () => undefined,
  }).flatMap(({ steps }) => steps.map(({ kind }) => kind).filter((kind) => kind !== "await"));

it.each([
  ["rail", "on", ["switch"]],
  ["rail", "off", ["switch"]],
  ["rail", "force-off", ["switch"]],
  ["buttons", "on", ["press"]],
  ["buttons", "off", ["press"]],
  ["buttons", "force-off", ["hold"]],
] as const)("a module with control: %s is switched %s by %j", (control, verb, expected) => {
  expect(acts(control, verb)).toEqual(expected);
});
