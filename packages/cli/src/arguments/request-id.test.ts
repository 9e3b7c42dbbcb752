import { InvalidArgumentError } from "commander";
import { expect, test } from "vitest";
import { requestId } from "./request-id.ts";

test("a request id is what the bus takes for one", () => {
  expect(requestId("change-4711/2")).toBe("change-4711/2");
  for (const text of ["", "two words", "ä", "x".repeat(129)])
    expect(() => requestId(text)).toThrow(InvalidArgumentError);
});
