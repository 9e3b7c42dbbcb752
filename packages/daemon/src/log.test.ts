import { BusbarError } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { shownError } from "./log.ts";

describe("an error in the log", () => {
  test("keeps code, component, reason, remedy and causes", () => {
    const cause = Object.assign(new Error("no such line"), { code: "ENOENT" });
    const error = new BusbarError("HARDWARE_UNAVAILABLE", "the line is gone", {
      component: "host.0",
      reason: "line",
      remedy: "check the cable",
      operationId: "op-1",
      cause,
    });
    expect(shownError(error)).toMatchObject({
      type: "BusbarError",
      code: "HARDWARE_UNAVAILABLE",
      component: "host.0",
      operationId: "op-1",
      reason: "line",
      remedy: "check the cable",
      message: "the line is gone",
      cause: { type: "Error", code: "ENOENT", message: "no such line", stack: expect.any(String) },
    });
  });

  test("has a stack when it is a bug, and none when it is foreseen", () => {
    expect(shownError(new BusbarError("CONFLICT", "busy"))).not.toHaveProperty("stack");
    expect(shownError(new BusbarError("INTERNAL", "bug"))).toHaveProperty("stack");
    expect(shownError(new TypeError("bug"))).toHaveProperty("stack");
  });

  test("ends however its causes go in circles", () => {
    const error = new Error("a");
    error.cause = error;
    expect(JSON.stringify(shownError(error)).length).toBeLessThan(20_000);
  });

  test("shows the parts of an AggregateError", () => {
    const error = new AggregateError([new Error("one"), new BusbarError("CONFLICT", "two")], "both");
    expect(shownError(error)).toMatchObject({ errors: [{ message: "one" }, { code: "CONFLICT" }] });
  });

  test("may be anything that was thrown", () => {
    expect(shownError("text")).toBe("text");
    expect(shownError(undefined)).toBeUndefined();
  });
});
