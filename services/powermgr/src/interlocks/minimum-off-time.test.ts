import { componentName, milliseconds } from "@busbar/contracts";
import { expect, it } from "vitest";
import { minimumOffTime } from "./minimum-off-time.ts";

const host = componentName("host.0");
const chassis = componentName("chassis.0");
const rule = (off: number | undefined) =>
  minimumOffTime({
    offFor: () => (off === undefined ? undefined : milliseconds(off)),
    minimumOff: () => milliseconds(5_000),
  });

it("denies an ON too soon after the off, and says when it may come", () => {
  const denial = rule(1_800).check({ component: host, verb: "on", footprint: new Set([host]) });
  expect(denial).toEqual({ message: "host.0 must stay off for another 3.2 s", remedy: "try again in 4 s" });
});

it("allows it from then on, and where nothing was ever seen going off", () => {
  expect(rule(5_000).check({ component: host, verb: "on", footprint: new Set([host]) })).toBeUndefined();
  expect(rule(undefined).check({ component: host, verb: "on", footprint: new Set([host]) })).toBeUndefined();
});

it("names a dependency that would be switched on too soon", () => {
  const denial = rule(0).check({ component: host, verb: "on", footprint: new Set([chassis, host]) });
  expect(denial?.message).toContain("chassis.0");
});

it("has nothing against a reset", () => {
  expect(rule(0).check({ component: host, verb: "reset", footprint: new Set([host]) })).toBeUndefined();
});
