import type { ErrorCode, StatusRole, Verb } from "@busbar/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Decision, type MachineEvent, type MachineState, type Power, step } from "./power-machine.ts";

const at = (role: StatusRole, more: Partial<MachineState> = {}): MachineState => ({
  role,
  verb: role === "transitioning" ? "on" : undefined,
  previous: "off",
  intended: "unknown",
  ...more,
});

describe("what a request gets in each state", () => {
  const table: [StatusRole, Verb | undefined, Verb, Decision["kind"], StatusRole][] = [
    ["off", undefined, "on", "accept", "transitioning"],
    ["off", undefined, "off", "no-op", "off"],
    ["off", undefined, "force-off", "no-op", "off"],
    ["off", undefined, "reset", "refuse", "off"],
    ["off", undefined, "cycle", "refuse", "off"],
    ["on", undefined, "cycle", "accept", "transitioning"],
    ["transitioning", "cycle", "cycle", "join", "transitioning"],
    ["transitioning", "cycle", "off", "accept", "transitioning"],
    ["transitioning", "cycle", "on", "refuse", "transitioning"],
    ["transitioning", "on", "cycle", "refuse", "transitioning"],
    ["on", undefined, "on", "no-op", "on"],
    ["on", undefined, "off", "accept", "transitioning"],
    ["on", undefined, "force-off", "accept", "transitioning"],
    ["on", undefined, "reset", "accept", "transitioning"],
    ["transitioning", "on", "on", "join", "transitioning"],
    ["transitioning", "on", "off", "accept", "transitioning"],
    ["transitioning", "on", "force-off", "accept", "transitioning"],
    ["transitioning", "on", "reset", "refuse", "transitioning"],
    ["transitioning", "off", "on", "refuse", "transitioning"],
    ["transitioning", "off", "off", "join", "transitioning"],
    ["transitioning", "off", "force-off", "accept", "transitioning"],
    ["transitioning", "force-off", "off", "join", "transitioning"],
    ["transitioning", "force-off", "on", "refuse", "transitioning"],
    ["transitioning", "reset", "off", "accept", "transitioning"],
    ["transitioning", "reset", "on", "refuse", "transitioning"],
    ["failed", undefined, "on", "accept", "transitioning"],
    ["failed", undefined, "off", "accept", "transitioning"],
    ["failed", undefined, "force-off", "accept", "transitioning"],
    ["failed", undefined, "reset", "accept", "transitioning"],
    ["unknown", undefined, "on", "accept", "transitioning"],
    ["unknown", undefined, "force-off", "accept", "transitioning"],
  ];
  it.each(table)("%s (%s in progress), %s: %s, then %s", (role, inProgress, verb, decision, next) => {
    const result = step(at(role, { verb: inProgress }), { type: "REQUEST", verb });
    expect(result.decision?.kind).toBe(decision);
    expect(result.state.role).toBe(next);
    if (decision === "accept") expect(result.state.verb).toBe(verb);
  });

  it("a refusal says what to do instead", () => {
    const { decision } = step(at("off"), { type: "REQUEST", verb: "reset" });
    expect(decision).toMatchObject({ kind: "refuse", code: "FAILED_PRECONDITION", remedy: "switch it on" });
  });
});

describe("how an operation ends", () => {
  const table: [Verb, boolean, Power, ErrorCode | undefined, StatusRole][] = [
    ["on", true, "on", undefined, "on"],
    ["off", true, "off", undefined, "off"],
    ["reset", true, "on", undefined, "on"],
    ["cycle", true, "on", undefined, "on"],
    ["cycle", false, "on", "POWER_GOOD_TIMEOUT", "on"],
    ["cycle", false, "off", "POWER_GOOD_TIMEOUT", "failed"],
    ["on", true, "unknown", undefined, "unknown"],
    ["on", false, "off", "POWER_GOOD_TIMEOUT", "failed"],
    ["on", false, "off", "POWER_OPERATION_FAILED", "failed"],
    // The operating system ignored the button: the host is on, and that is what we say.
    ["off", false, "on", "POWER_GOOD_TIMEOUT", "on"],
    ["force-off", false, "on", "POWER_GOOD_TIMEOUT", "failed"],
    ["on", false, "off", "ABORTED", "off"],
    ["reset", false, "on", "OUTCOME_UNKNOWN", "on"],
    ["on", false, "unknown", "OUTCOME_UNKNOWN", "unknown"],
  ];
  it.each(table)("%s, success %s, power %s, %s: %s", (verb, success, power, errorCode, next) => {
    const event: MachineEvent = { type: "RESULT", success, power, ...(errorCode && { errorCode }) };
    expect(step(at("transitioning", { verb }), event).state).toMatchObject({ role: next, verb: undefined });
  });

  it.each(["on", "off", "failed", "unknown"] as const)("a refusal puts %s back", (role) => {
    const asked = step(at(role), { type: "REQUEST", verb: role === "on" ? "off" : "on" }).state;
    expect(step(asked, { type: "REFUSED" }).state.role).toBe(role);
  });

  it("a refused takeover leaves the state to observation", () => {
    const taken = step(at("transitioning", { verb: "on", previous: "off" }), { type: "REQUEST", verb: "off" }).state;
    expect(step(taken, { type: "REFUSED" }).state.role).toBe("unknown");
  });
});

describe("power-good seen outside of an operation", () => {
  it.each([
    ["on", "off", "off"],
    ["off", "on", "on"],
    ["failed", "on", "on"],
    ["failed", "off", "off"],
    ["on", "unknown", "unknown"],
    ["off", "unknown", "unknown"],
    ["transitioning", "off", "transitioning"],
  ] as const)("%s, seen %s: %s", (role, power, next) => {
    expect(step(at(role), { type: "OBSERVED", power }).state.role).toBe(next);
  });
});

const verbs = fc.constantFrom<Verb>("on", "off", "force-off", "reset", "cycle");
const powers = fc.constantFrom<Power>("on", "off", "unknown");
const events: fc.Arbitrary<MachineEvent> = fc.oneof(
  fc.record({ type: fc.constant("REQUEST" as const), verb: verbs }),
  fc.record({ type: fc.constant("RESULT" as const), success: fc.boolean(), power: powers }),
  fc.record({ type: fc.constant("OBSERVED" as const), power: powers }),
  fc.constant<MachineEvent>({ type: "REFUSED" }),
  fc.constant<MachineEvent>({ type: "GIVEN_UP" }),
);

it("no state is without an exit, and what is not accepted changes nothing", () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 40 }), (sequence) => {
      let state = at("unknown");
      for (const event of sequence) {
        const { state: next, decision } = step(state, event);
        if (event.type === "REQUEST") expect(decision).toBeDefined();
        if (event.type === "REQUEST" && decision?.kind !== "accept") expect(next).toEqual(state);
        if (next.role === "transitioning") {
          expect(next.verb).toBeDefined();
          expect(step(next, { type: "GIVEN_UP" }).state.role).toBe("failed");
        } else {
          expect(step(next, { type: "REQUEST", verb: next.role === "on" ? "off" : "on" }).decision?.kind).toBe(
            "accept",
          );
        }
        state = next;
      }
    }),
  );
});
