import { expect, it } from "vitest";
import { combine } from "./power-good.ts";

it.each([
  ["all", [1, 1], "on"],
  ["all", [0, 0], "off"],
  ["all", [1, 0], "unknown"],
  ["all", [1, undefined], "unknown"],
  ["all", [0, undefined], "unknown"],
  ["any", [0, 1], "on"],
  ["any", [1, undefined], "on"],
  ["any", [0, 0], "off"],
  ["any", [0, undefined], "unknown"],
  ["any", [undefined], "unknown"],
  ["all", [], "unknown"],
  ["any", [], "unknown"],
] as const)("%s of %j is %s: what can't be read is never taken for off", (require, levels, power) => {
  expect(combine(require, levels)).toBe(power);
});
