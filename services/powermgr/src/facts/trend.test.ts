import { milliseconds } from "@busbar/contracts";
import { describe, expect, it } from "vitest";
import { Trend } from "./trend.ts";

const trend = (values: readonly number[], everyMs = 10_000) => {
  const made = new Trend();
  for (const [index, value] of values.entries()) made.add(index * everyMs, value);
  return made;
};

describe("a rise", () => {
  it("is the slope of what was measured, per minute", () => {
    expect(trend([40, 42, 44, 46, 48]).rise()?.perMinute).toBeCloseTo(12);
    expect(trend([48, 46, 44, 42]).rise()?.perMinute).toBeCloseTo(-12);
    expect(trend([40, 40, 40, 40]).rise()).toEqual({ perMinute: 0 });
  });

  it("says nothing yet with few samples, or where the values jump about", () => {
    expect(trend([40, 50, 60]).rise()).toBeUndefined();
    expect(trend([40, 60, 38, 61, 40, 59]).rise()).toBeUndefined();
  });

  it("is not made of one reading that is told again and again", () => {
    const made = new Trend();
    for (const value of [40, 41, 42, 43, 44]) made.add(1_000, value);
    expect(made.rise()).toBeUndefined();
  });

  it("forgets what is long ago, and keeps few", () => {
    const made = trend([10, 90, 10, 90]);
    for (let index = 0; index < 100; index += 1) made.add(600_000 + index * 1_000, 50);
    expect(made.rise()).toEqual({ perMinute: 0 });
    expect(made.size).toBeLessThanOrEqual(16);
  });
});

it("looks ahead from the last value", () => {
  expect(trend([40, 42, 44, 46, 48]).ahead(milliseconds(30_000))).toBeCloseTo(54);
  expect(trend([40]).ahead(milliseconds(30_000))).toBeUndefined();
});
