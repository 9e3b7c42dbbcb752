import { BusbarError, errorCodes, isErrorCode } from "@busbar/contracts";
import { describe, expect, it } from "vitest";
import { Interrupted } from "../interrupted.ts";
import { failureOf } from "./failure.ts";

describe("a failure", () => {
  const error = new BusbarError("INTERLOCK_DENIED", "host.0: off for 1 s", { remedy: "wait 4 s", operationId: "op-1" });

  it("is one line with its remedy", () => {
    expect(failureOf(error, "table").text).toBe("busbar: host.0: off for 1 s; wait 4 s\n");
    const lines = new BusbarError("UNAVAILABLE", "first\nsecond");
    expect(failureOf(lines, "table").text).toBe("busbar: first; second\n");
  });

  it("is one JSON object with code, message, remedy and operation", () => {
    const { text } = failureOf(error, "json");
    expect(text.trimEnd()).not.toContain("\n");
    expect(JSON.parse(text)).toEqual({
      code: "INTERLOCK_DENIED",
      message: "host.0: off for 1 s",
      remedy: "wait 4 s",
      component: null,
      reason: null,
      operation_id: "op-1",
      details: {},
    });
  });

  it.each(Object.keys(errorCodes).filter(isErrorCode))("%s has the exit code of the table", (code) => {
    expect(failureOf(new BusbarError(code, ""), "table").exit).toBe(errorCodes[code].exit);
  });

  it("that nobody foresaw is INTERNAL, exit code 1", () => {
    expect(failureOf(new TypeError("x is not a function"), "json")).toMatchObject({ exit: 1 });
  });

  it("by Ctrl-C has exit code 130 and says what goes on", () => {
    const interrupted = new Interrupted("interrupted; it goes on", { operationId: "op-1", remedy: "see it" });
    expect(failureOf(interrupted, "table")).toEqual({ text: "busbar: interrupted; it goes on; see it\n", exit: 130 });
    expect(JSON.parse(failureOf(interrupted, "json").text)).toMatchObject({
      code: "INTERRUPTED",
      operation_id: "op-1",
    });
  });
});
