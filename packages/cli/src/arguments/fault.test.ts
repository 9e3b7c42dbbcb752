import { describe, expect, test } from "vitest";
import { fault, faultForms } from "./fault.ts";

describe("a fault", () => {
  test.each([
    ["power-good-stuck", "host.0", "low", { kind: "power-good-stuck", component: "host.0", level: "low" }],
    ["power-good-slow", "host.0", "2s", { kind: "power-good-slow", component: "host.0", delay: 2_000 }],
    ["power-good-glitch", "host.0", "30", { kind: "power-good-glitch", component: "host.0", duration: 30 }],
    ["line-stuck", "power-good-0", "high", { kind: "line-stuck", line: "power-good-0", level: "high" }],
    ["line-missing", "power-good-0", undefined, { kind: "line-missing", line: "power-good-0" }],
    ["trip", "host.1", undefined, { kind: "trip", component: "host.1" }],
  ] as const)("%s %s %s", (kind, target, value, expected) => {
    expect(fault(kind, target, value)).toEqual(expected);
  });

  test.each([
    ["trip", "power-good-0", undefined],
    ["trip", "host.0", "low"],
    ["line-missing", "power-good-0", "low"],
    ["line-stuck", "power-good-0", undefined],
    ["line-stuck", "power-good-0", "middle"],
    ["power-good-slow", "host.0", undefined],
    ["power-good-slow", "host.0", "soon"],
  ] as const)("%s %s %s is refused with the form that it has", (kind, target, value) => {
    expect(() => fault(kind, target, value)).toThrow(new RegExp(`Write ${kind} ${faultForms.get(kind)}`));
  });
});
