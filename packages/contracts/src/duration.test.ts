import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { duration, formatDuration, parseDuration } from "./duration.ts";
import { milliseconds } from "./time.ts";

test.each([
  ["200ms", 200],
  ["2s", 2_000],
  ["3.5s", 3_500],
  ["1.005s", 1_005],
  ["5m", 300_000],
  ["0ms", 0],
  ["0.25ms", 0.25],
])("%s is %d ms", (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  "",
  "200",
  "ms",
  "-1s",
  "+1s",
  "1e3ms",
  "1 s",
  " 1s",
  "1s ",
  "1.s",
  ".5s",
  "1,5s",
  "1w",
  "1S",
  "1min",
  "0x10s",
  "１s",
])("%j is not a duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test("a duration beyond all numbers is none, rather than infinite", () => {
  expect(parseDuration(`${"9".repeat(400)}m`)).toBeUndefined();
});

test("a duration in our own code that is none fails at once", () => {
  expect(() => duration("1e3s")).toThrow(RangeError);
});

describe("every duration", () => {
  const microseconds = fc.integer({ min: 0, max: 24 * 3_600 * 1_000_000 });

  it("reads back from its spelling as the same value", () => {
    fc.assert(
      fc.property(microseconds, (count) => {
        const value = milliseconds(count / 1_000);
        expect(parseDuration(formatDuration(value))).toBe(value);
      }),
    );
  });

  it("means the same in each unit, to the microsecond", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (count) => {
        expect(parseDuration(`${count}s`)).toBe(parseDuration(`${count * 1_000}ms`));
        expect(parseDuration(`${count}m`)).toBe(parseDuration(`${count * 60}s`));
        expect(parseDuration(`${(count / 1_000).toFixed(3)}s`)).toBe(count);
      }),
    );
  });

  it("is read from digits, a point and a unit, and from nothing else", () => {
    const near = fc.string({ unit: fc.constantFrom(..."0123456789.mshdw -+e"), maxLength: 8 });
    fc.assert(
      fc.property(near, (text) => {
        expect(parseDuration(text) !== undefined).toBe(/^\d+(\.\d{1,6})?(ms|s|m|h|d)$/.test(text));
      }),
    );
  });
});

test.each([
  [0, "0ms"],
  [999, "999ms"],
  [1_500, "1.5s"],
  [59_000, "59s"],
  [90_000, "90s"],
  [300_000, "5m"],
])("%d ms is spelled %s", (value, text) => {
  expect(formatDuration(milliseconds(value))).toBe(text);
});
