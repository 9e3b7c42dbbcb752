import { milliseconds } from "@busbar/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { retryWaits } from "./retry-schedule.ts";

test("waits double up to the cap", () => {
  const waits = retryWaits({ first: milliseconds(100), cap: milliseconds(450) }, () => 0);
  expect(Array.from({ length: 5 }, () => waits.next().value)).toEqual([100, 200, 400, 450, 450]);
});

test("scatter shortens a wait by a quarter at most and never lengthens it", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (random) => {
      const wait = retryWaits({ first: milliseconds(100), cap: milliseconds(100) }, () => random).next().value;
      return wait > 75 - 1e-9 && wait <= 100;
    }),
  );
});
