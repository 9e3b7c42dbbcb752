import fc from "fast-check";
import { expect, test } from "vitest";
import { nearMiss } from "./near-miss.ts";

const known = ["press", "reset", "forceHold", "forceThreshold", "powerGood", "minimumOff", "all", "any"];

test.each([
  ["pres", "press"],
  ["forcehold", "forceHold"],
  ["force_hold", "forceHold"],
  ["froceHold", "forceHold"],
  ["POWERGOOD", "powerGood"],
  ["minimunOf", "minimumOff"],
])("%s is taken for %s", (word, meant) => {
  expect(nearMiss(word, known)).toBe(meant);
});

test.each(["enable", "x", "", "hold", "an"])("%j is near to nothing known", (word) => {
  expect(nearMiss(word, ["press", "forceHold", "template"])).toBeUndefined();
});

test("the nearest of several wins", () => {
  expect(nearMiss("power-good-10", ["power-good-0", "power-good-11", "power-good-1"])).toBe("power-good-0");
  expect(nearMiss("host.7", ["chassis.0", "host.0"])).toBe("host.0");
});

test("one slip in a word of four letters or more is always found", () => {
  const word = fc.constantFrom(...known.filter(({ length }) => length > 3));
  fc.assert(
    fc.property(word, fc.nat(), fc.constantFrom("drop", "double", "swap"), (meant, at, slip) => {
      const index = at % (meant.length - 1);
      const [here = "", next = ""] = [meant[index], meant[index + 1]];
      const middle = { drop: next, double: here + here + next, swap: next + here }[slip];
      expect(nearMiss(meant.slice(0, index) + middle + meant.slice(index + 2), known)).toBe(meant);
    }),
  );
});
