import { InvalidArgumentError } from "commander";
import { expect, test } from "vitest";
import { limit } from "./count.ts";

test("a limit is 1 to 1000", () => {
  expect([limit("1"), limit("1000")]).toEqual([1, 1_000]);
  for (const text of ["0", "1001", "ten", "1.5", "-1", ""]) expect(() => limit(text)).toThrow(InvalidArgumentError);
});
