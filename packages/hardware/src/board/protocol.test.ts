import { BusbarError } from "@busbar/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAnswer, decodeRequest, decodeResult, idOf } from "./protocol.ts";

const input = { direction: "input", active: "high" };

describe("a request", () => {
  it.each([
    { id: 1, op: "hello", client: "powermgr", version: 1 },
    { id: 2, op: "line.request", line: "power-good-0", request: { ...input, bias: "pull-down", debounce: 10 } },
    {
      id: 3,
      op: "line.request",
      line: "power-button-0",
      request: { direction: "output", output: "momentary", active: "low", drive: "open-drain" },
    },
    { id: 4, op: "line.set", line: "power-button-0", level: 1 },
    { id: 5, op: "intent", operation: "op-1", component: "host.0", effect: "force-off" },
    { id: 6, op: "fault.set", fault: { kind: "power-good-slow", component: "chassis.0", delay: 0.5 } },
    { id: 7, op: "fault.clear" },
    { id: 8, op: "fault.clear", kind: "boot-hang", target: "host.0" },
    { id: 0, op: "state" },
  ])("is taken as it is: $op", (frame) => {
    expect(decodeRequest(frame)).toEqual(frame);
  });

  it.each([
    ["no object", "hello", "it"],
    ["no operation", { id: 1 }, "op"],
    ["an unknown operation", { id: 1, op: "explode" }, "op"],
    ["an operation from Object's prototype", { id: 1, op: "constructor" }, "op"],
    ["no id", { op: "state" }, "id"],
    ["an id that is no count", { id: -1, op: "state" }, "id"],
    ["a field too many", { id: 1, op: "state", verbose: true }, "verbose"],
    ["a field too few", { id: 1, op: "latch" }, "on"],
    ["null instead of an optional field", { id: 1, op: "fault.clear", kind: null }, "kind"],
    ["a level that is a truth", { id: 1, op: "line.set", line: "a", level: true }, "level"],
    ["a level out of range", { id: 1, op: "line.set", line: "a", level: 2 }, "level"],
    ["an empty name", { id: 1, op: "line.get", line: "" }, "line"],
    ["a name with a newline", { id: 1, op: "line.get", line: "a\nb" }, "line"],
    ["a name of 65 letters", { id: 1, op: "line.get", line: "a".repeat(65) }, "line"],
    ["no component", { id: 1, op: "intent", operation: "o", component: "host.01", effect: "on" }, "component"],
    [
      "an output without kind",
      { id: 1, op: "line.request", line: "a", request: { direction: "output", active: "low" } },
      "request.output",
    ],
    [
      "an input with a kind",
      { id: 1, op: "line.request", line: "a", request: { ...input, output: "latched" } },
      "request.output",
    ],
    [
      "a debounce that never ends",
      { id: 1, op: "line.request", line: "a", request: { ...input, debounce: 1e12 } },
      "request.debounce",
    ],
    ["a fault without target", { id: 1, op: "fault.set", fault: { kind: "boot-hang" } }, "fault.component"],
    [
      "a fault with another one's field",
      { id: 1, op: "fault.set", fault: { kind: "trip", component: "host.0", level: "low" } },
      "fault.level",
    ],
  ])("with %s is refused, and the refusal names the place", (_, frame, place) => {
    expect(() => decodeRequest(frame)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(`frame: ${place} `) }),
    );
  });

  it("of any other kind gets a coded error and nothing worse", () => {
    const frames = fc.oneof(
      fc.jsonValue(),
      fc.record({
        id: fc.jsonValue(),
        op: fc.constantFrom("hello", "fault.set", "button"),
        fault: fc.jsonValue(),
        line: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(frames, (frame) => {
        idOf(frame);
        try {
          decodeRequest(frame);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(BusbarError);
          expect(thrown).toMatchObject({ code: "INVALID_ARGUMENT" });
        }
      }),
    );
  });

  it("that is broken still tells whom to answer, if its id is readable", () => {
    expect(idOf({ id: 7, op: "explode" })).toBe(7);
    expect(idOf({ id: "7" })).toBeNull();
    expect(idOf(null)).toBeNull();
  });
});

describe("an answer", () => {
  it("is a result, an error or an event", () => {
    expect(decodeAnswer({ reply: 1, result: { level: 1 } })).toEqual({ reply: 1, result: { level: 1 } });
    const error = { code: "HARDWARE_UNAVAILABLE", message: "held by other", component: "power-button-0" };
    expect(decodeAnswer({ reply: null, error })).toEqual({ reply: null, error });
    const edge = { event: "edge", line: "power-good-0", level: 1, at: 12.345, sequence: 1 };
    expect(decodeAnswer(edge)).toEqual(edge);
    const entry = { type: "power", seq: 3, at: 5, component: "host.0", state: "on", cause: "press" };
    expect(decodeAnswer({ event: "journal", subscription: 1, entry })).toEqual({
      event: "journal",
      subscription: 1,
      entry,
    });
  });

  it.each([
    ["nothing known", {}],
    ["a result for nobody", { reply: null, result: {} }],
    ["an unknown event", { event: "party" }],
    ["an error without a known code", { reply: 1, error: { code: "OOPS", message: "" } }],
    ["an edge without a number", { event: "edge", line: "a", level: 1, at: 1 }],
    ["an entry of an unknown type", { event: "journal", subscription: 1, entry: { type: "gossip", seq: 1, at: 1 } }],
  ])("that is %s is refused", (_, frame) => {
    expect(() => decodeAnswer(frame)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("is read by the one who knows what was asked", () => {
    expect(decodeResult("line.get", { level: 1 })).toEqual({ level: 1 });
    expect(() => decodeResult("line.get", {})).toThrow(/result.level/);
  });
});
