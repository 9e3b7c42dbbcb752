import { BusbarError, type ErrorCode, errorCodes, headers, isErrorCode } from "@busbar/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { errorIn, errorReply } from "./error-reply.ts";
import type { Reply } from "./reply.ts";

const codes = Object.keys(errorCodes).filter(isErrorCode);

/** Controls, line separators, letters of all sorts. */
const wildText = fc.string({ unit: fc.nat(0x2100).map((unit) => String.fromCharCode(unit)) });

const received = (data: Uint8Array, lines: Readonly<Record<string, string | undefined>>): Reply => ({
  data,
  header: (name) => lines[name],
});

describe("an error reply", () => {
  test("comes back as the same error", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        fc.string(),
        fc.dictionary(fc.string(), fc.string()),
        (code, message, details) => {
          const error = new BusbarError(code, message, {
            component: "host.0",
            reason: "thermal",
            remedy: "cool it",
            details,
          });
          const reply = errorReply(error);
          const { component, reason, remedy } = error;
          expect(errorIn(received(reply.data, reply.headers))).toMatchObject({
            code,
            message,
            component,
            reason,
            remedy,
          });
        },
      ),
    );
  });

  test("keeps its code when only the headers arrive", () => {
    for (const code of codes) {
      const reply = errorReply(new BusbarError(code, "text", { operationId: "op-1" }));
      expect(errorIn(received(new Uint8Array(), reply.headers))).toMatchObject({
        code,
        message: "text",
        operationId: "op-1",
      });
    }
  });

  test("has header lines that no text can break out of", () => {
    fc.assert(
      fc.property(wildText, wildText, (message, operationId) => {
        const reply = errorReply(new BusbarError("CONFLICT", message, { operationId }));
        return Object.values(reply.headers).every((line) => line !== undefined && /^[\x20-\x7e]{1,256}$/.test(line));
      }),
    );
  });

  test("leaves a body out that would not fit", () => {
    const reply = errorReply(new BusbarError("INTERNAL", "big", { details: { dump: "x".repeat(2_000_000) } }));
    expect(reply.data.length).toBe(0);
    expect(reply.headers[headers.error]).toBe("INTERNAL");
  });
});

describe("an error of a peer that knows nothing but NATS' number", () => {
  test.each<[number, ErrorCode]>([
    [400, "INVALID_ARGUMENT"],
    [404, "NOT_FOUND"],
    [409, "CONFLICT"],
    [412, "FAILED_PRECONDITION"],
    [418, "INVALID_ARGUMENT"],
    [500, "INTERNAL"],
    [503, "UNAVAILABLE"],
    [504, "DEADLINE_EXCEEDED"],
    [599, "INTERNAL"],
  ])("%d is %s", (number, code) => {
    const lines = { [headers.serviceErrorCode]: String(number), [headers.serviceError]: "sentinel: detail" };
    expect(errorIn(received(new Uint8Array(), lines))).toMatchObject({ code, message: "sentinel: detail" });
  });

  test("that is no number is INTERNAL", () => {
    expect(errorIn(received(new Uint8Array(), { [headers.serviceErrorCode]: "oops" }))?.code).toBe("INTERNAL");
  });
});

test("a reply without error headers is an answer, whatever its body", () => {
  expect(errorIn(received(errorReply(new BusbarError("CONFLICT", "x")).data, {}))).toBeUndefined();
});
