import { milliseconds } from "@busbar/contracts";
import { headers as natsHeaders } from "nats";
import { describe, expect, test } from "vitest";
import { encodeHeaders } from "./exchange.ts";
import { readRequestHeaders, requestHeaderLines } from "./request-headers.ts";

const sent = (...lines: readonly (readonly [string, string])[]) => {
  const block = natsHeaders();
  for (const [name, value] of lines) block.append(name, value);
  return block;
};

describe("the headers of a request", () => {
  test("come back as they were sent", () => {
    const all = {
      operationId: "0190a1b2-op",
      requestId: "req/1",
      actor: "Jörg @ gateway",
      timeout: milliseconds(2_500),
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
    expect(readRequestHeaders(encodeHeaders(requestHeaderLines(all)))).toEqual(all);
  });

  test("may all be absent", () => {
    expect(readRequestHeaders(undefined)).toEqual({});
    expect(readRequestHeaders(sent(["X-Other", "1"]))).toEqual({});
  });

  test("are found in any capitalisation", () => {
    expect(readRequestHeaders(sent(["busbar-operation-id", "op"])).operationId).toBe("op");
  });

  test.each([
    ["Busbar-Operation-Id", ""],
    ["Busbar-Operation-Id", "has space"],
    ["Busbar-Operation-Id", "ä"],
    ["Busbar-Operation-Id", "x".repeat(129)],
    ["Busbar-Request-Id", "\u001b[31m"],
    ["Busbar-Actor", "a\u0000b"],
    ["Busbar-Actor", "right\u202eleft"],
    ["Busbar-Actor", "x".repeat(257)],
    ["Busbar-Timeout-Ms", "0"],
    ["Busbar-Timeout-Ms", "3600001"],
    ["Busbar-Timeout-Ms", "-5"],
    ["Busbar-Timeout-Ms", "1.5"],
    ["Busbar-Timeout-Ms", "10s"],
    ["Busbar-Timeout-Ms", "1e3"],
  ])("are refused: %s = %j", (name, value) => {
    expect(() => readRequestHeaders(sent([name, value]))).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  test("are refused when one is given twice, because either could be the one that was checked elsewhere", () => {
    const twice = sent(["Busbar-Operation-Id", "a"], ["Busbar-Operation-Id", "b"]);
    expect(() => readRequestHeaders(twice)).toThrow(/more than once/);
  });

  test.each(["", "00-0-0-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "ff-x"])(
    "drop a broken trace context: %j",
    (traceparent) => {
      expect(readRequestHeaders(sent(["traceparent", traceparent]))).toEqual({});
    },
  );
});
