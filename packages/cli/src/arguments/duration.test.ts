import { InvalidArgumentError } from "commander";
import { describe, expect, it, test } from "vitest";
import { durationArgument, pulse } from "./duration.ts";

describe("a duration", () => {
  test.each([
    ["500ms", 500],
    ["1.5s", 1_500],
    ["10m", 600_000],
    ["24h", 86_400_000],
  ])("%s is %i ms", (text, ms) => {
    expect(durationArgument(text)).toBe(ms);
  });

  it.each(["", "60", "0s", "-1s", "1e3s", "25h", "1 s", "s"])("is not %j", (text) => {
    expect(() => durationArgument(text)).toThrow(InvalidArgumentError);
  });

  it("may go without its unit where milliseconds are meant", () => {
    expect(pulse("200")).toBe(200);
    expect(pulse("2s")).toBe(2_000);
    expect(() => pulse("0")).toThrow(InvalidArgumentError);
  });
});
