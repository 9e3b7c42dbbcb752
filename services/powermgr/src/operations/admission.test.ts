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

it("what shares a domain starts in the order of admission, and nothing overtakes", () => {
  const running = { ...claim("a", "on", "host.0", "chassis.0"), running: true };
  const waiting = { ...claim("b", "on", "host.1", "chassis.0"), running: false };
  const behind = { ...claim("c", "on", "host.1"), running: false };
  const free = { ...claim("d", "on", "host.2"), running: false };
  expect(startable([running, waiting, behind, free]).map(({ id }) => id)).toEqual(["d"]);
  expect(startable([waiting, behind, free]).map(({ id }) => id)).toEqual(["b", "d"]);
});
