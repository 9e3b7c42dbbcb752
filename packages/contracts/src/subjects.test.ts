import { describe, expect, it } from "vitest";
import { componentName, isComponentName } from "./component.ts";
import { endpoints } from "./endpoint.ts";
import { componentOf, streams, subjects } from "./subjects.ts";

describe("the component of a subject", () => {
  it.each([
    ["statemgr.host.0.action", "host.0"],
    ["powermgr.chassis.12.action", "chassis.12"],
    ["statemgr.event.host.0.transition", "host.0"],
    ["powermgr.event.chassis.0.powergood", "chassis.0"],
    ["powermgr.host.0.power.result", "host.0"],
  ])("%s: %s", (subject, component) => {
    expect(componentOf(subject)).toBe(component);
  });

  it.each([
    "statemgr.host.x.action",
    "statemgr.host.00.action",
    "statemgr.host.-1.action",
    "statemgr.psu.0.action",
    "statemgr",
  ])("%s has none", (subject) => {
    expect(() => componentOf(subject)).toThrowError(/no component/);
  });
});

it("a component has one spelling", () => {
  for (const name of ["host.0", "chassis.10", "bmc.0"]) expect(isComponentName(name)).toBe(true);
  for (const name of ["host.00", "host.01", "host", "Host.0", "host.0 ", "host.99999", "psu.0"])
    expect(isComponentName(name)).toBe(false);
});

it("every endpoint has a name that NATS micro services take, once per service, and no subject twice", () => {
  const all = Object.values(endpoints).flat();
  for (const { name } of all) expect(name).toMatch(/^[a-z-]+$/);
  expect(new Set(all.map(({ service, name }) => `${service} ${name}`)).size).toBe(all.length);
  expect(new Set(all.map(({ subject }) => subject)).size).toBe(all.length);
});

it("the subjects of a stream don't overlap, or nats-server refuses the stream", () => {
  const patterns = streams.powermgr.subjects.map((subject) => subject.split("."));
  const overlaps = (a: string[], b: string[]): boolean => {
    const [x, ...restA] = a;
    const [y, ...restB] = b;
    if (x === undefined || y === undefined) return x === y;
    if (x === ">" || y === ">") return true;
    return (x === y || x === "*" || y === "*") && overlaps(restA, restB);
  };
  for (const [index, a] of patterns.entries())
    for (const b of patterns.slice(index + 1)) expect(overlaps(a, b)).toBe(false);
  const result = subjects.powerResult(componentName("chassis.0")).split(".");
  expect(patterns.filter((pattern) => overlaps(pattern, result))).toHaveLength(1);
});
