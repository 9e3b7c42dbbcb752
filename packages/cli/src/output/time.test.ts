import { expect, test } from "vitest";
import { localTime, span } from "./time.ts";

test.each([
  [0, "0 ms"],
  [999.4, "999 ms"],
  [2_530, "2.5 s"],
  [61_000, "1 min 1 s"],
  [3_600_000, "1 h"],
  [90_061_000, "1 d 1 h"],
])("%i ms read as %s", (ms, text) => {
  expect(span(ms)).toBe(text);
});

test("times are shown in local time, and absent ones not at all", () => {
  expect(localTime(new Date(2026, 0, 2, 3, 4, 5).toISOString())).toBe("2026-01-02 03:04:05");
  expect(localTime(null)).toBeUndefined();
});
