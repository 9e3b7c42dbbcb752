import { milliseconds } from "@busbar/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

test.each([
  ["0s", 0],
  ["250ms", 250],
  ["10s", 10_000],
  ["1.5m", 90_000],
  ["1.005s", 1_005],
  ["24h", 86_400_000],
  ["7d", 604_800_000],
])("%s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "10", "s", "-1s", "1 s", "10S", "1e3ms", "1.s", ".5s", "10sec", "Infinitys", "5µs"])(
  "%j is none",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test("what is formatted reads back as the same", () => {
  fc.assert(
    fc.property(fc.nat(10_000_000_000), (ms) => {
      expect(parseDuration(formatDuration(milliseconds(ms)))).toBe(ms);
    }),
  );
});
