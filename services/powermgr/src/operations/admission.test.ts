import { BusbarError, type ComponentName, componentName, type Verb } from "@busbar/contracts";
import { describe, expect, it } from "vitest";
import { admit, type Claim, startable } from "./admission.ts";

const claim = (id: string, verb: Verb, component: string, ...more: string[]): Claim => ({
  id,
  verb,
  component: componentName(component),
  footprint: new Set<ComponentName>([component, ...more].map(componentName)),
});

const decide = (request: Claim, open: readonly Claim[], limit = 64): string => {
  try {
    return admit(request, open, limit)
      .map(({ id }) => id)
      .join(" ");
  } catch (error) {
    return error instanceof BusbarError ? error.code : String(error);
  }
};

describe("what a new operation does to one that is open", () => {
  it.each([
    ["off", "on", "old"],
    ["off", "reset", "old"],
    ["force-off", "on", "old"],
    ["force-off", "off", "old"],
    ["force-off", "reset", "old"],
    ["off", "off", ""],
    ["off", "force-off", ""],
    ["force-off", "force-off", ""],
    ["on", "off", "CONFLICT"],
    ["on", "force-off", "CONFLICT"],
    ["on", "reset", "CONFLICT"],
    ["on", "on", ""],
    ["reset", "on", "CONFLICT"],
    ["reset", "off", "CONFLICT"],
    ["reset", "reset", ""],
    ["emergency-off", "on", "old"],
    ["emergency-off", "off", "old"],
    ["emergency-off", "force-off", "old"],
    ["emergency-off", "reset", "old"],
    ["emergency-off", "cycle", "old"],
    ["emergency-off", "emergency-off", ""],
    ["force-off", "emergency-off", ""],
    ["on", "emergency-off", "CONFLICT"],
  ] as const)("%s, with %s in progress: %s", (newer, older, expected) => {
    expect(decide(claim("new", newer, "host.0"), [claim("old", older, "host.0")])).toBe(expected);
  });

  it("the off of a chassis takes over the ON of its host", () => {
    expect(decide(claim("new", "off", "chassis.0", "host.0"), [claim("old", "on", "host.0")])).toBe("old");
  });

  it("a host can't be switched on while its chassis goes off", () => {
    expect(decide(claim("new", "on", "host.0"), [claim("old", "off", "chassis.0", "host.0")])).toBe("CONFLICT");
  });

  it("operations that share nothing don't meet", () => {
    expect(decide(claim("new", "on", "host.0"), [claim("old", "off", "host.1")])).toBe("");
  });
});

it("a full queue refuses an ON and a reset, and no off", () => {
  const open = [claim("a", "on", "host.1"), claim("b", "on", "host.2")];
  expect(decide(claim("new", "on", "host.0"), open, 2)).toBe("RESOURCE_EXHAUSTED");
  expect(decide(claim("new", "reset", "host.0"), open, 2)).toBe("RESOURCE_EXHAUSTED");
  expect(decide(claim("new", "off", "host.0"), open, 2)).toBe("");
});

describe("of those that wait", () => {
  const running = (one: Claim) => ({ ...one, running: true });
  const waiting = (one: Claim) => ({ ...one, running: false });
  const started = (open: readonly (Claim & { readonly running: boolean })[], most = 64) =>
    startable(open, most).map(({ id }) => id);
  const first = claim("a", "on", "host.0", "chassis.0");
  const second = claim("b", "on", "host.1", "chassis.0");
  const third = claim("c", "on", "host.1");
  const apart = claim("d", "on", "host.2");

  it("what shares a domain starts in the order of admission, and nothing overtakes", () => {
    expect(started([running(first), waiting(second), waiting(third), waiting(apart)])).toEqual(["d"]);
    expect(started([waiting(second), waiting(third), waiting(apart)])).toEqual(["b", "d"]);
  });

  it("no more start than policy allows, the oldest first", () => {
    const three = [claim("x", "on", "host.3"), claim("y", "reset", "host.4"), claim("z", "on", "host.5")].map(waiting);
    expect(started(three, 2)).toEqual(["x", "y"]);
    expect(started([running(apart), ...three], 2)).toEqual(["x"]);
    expect(started([running(apart), running(first), ...three], 2)).toEqual([]);
  });

  it("one that waits for a domain leaves its place to those behind it", () => {
    expect(started([running(first), waiting(second), waiting(apart)], 2)).toEqual(["d"]);
  });

  it("one that waits for a place is not overtaken on its domains", () => {
    const off = waiting(claim("off", "off", "host.2"));
    expect(started([running(first), waiting(apart), off], 1)).toEqual([]);
    expect(started([running(first), waiting(claim("e", "on", "host.3")), off], 1)).toEqual(["off"]);
  });

  it("an off needs no place, and takes none", () => {
    const offs = [running(claim("off", "off", "host.4")), running(claim("cut", "force-off", "host.5"))];
    expect(started([...offs, waiting(apart), waiting(claim("e", "on", "host.3"))], 1)).toEqual(["d"]);
    expect(started([running(first), waiting(claim("off", "off", "host.4"))], 1)).toEqual(["off"]);
  });

  it("an emergency off does not wait for what it preempted, only for another emergency off", () => {
    const emergency = waiting(claim("e", "emergency-off", "chassis.0", "host.0", "host.1"));
    expect(started([running(first), emergency], 1)).toEqual(["e"]);
    const other = running(claim("other", "emergency-off", "host.1"));
    expect(started([running(first), other, emergency], 1)).toEqual([]);
  });
});
