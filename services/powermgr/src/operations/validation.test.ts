import { milliseconds } from "@busbar/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Denial, Interlock } from "../interlocks/interlock.ts";
import { ToyBench } from "../testing/toy-bench.ts";

let bench: ToyBench;

beforeEach(async () => {
  bench = new ToyBench({ hosts: [2], powerGoodMs: 300 });
  await bench.start();
});

afterEach(() => bench.close());

const hot: Denial = { message: "inlet is at 61 °C", remedy: "wait until it is below 45 °C" };

/** Denies while `isHot`. */
class Thermal implements Interlock {
  readonly name = "thermal";
  readonly overridable = true;
  isHot = false;
  asked = 0;
  check(): Denial | undefined {
    this.asked += 1;
    return this.isHot ? hot : undefined;
  }
}

const patience = { timeout: 5_000 };

describe("right before an act", () => {
  let thermal: Thermal;

  beforeEach(() => {
    thermal = new Thermal();
    bench.interlocks.push(thermal);
  });

  it("the interlocks are asked again: what has become too hot is not switched on", async () => {
    bench.rail(0).change("off");
    bench.rail(0).sense.onChange(() => {
      thermal.isHot = true;
    });
    const operation = await bench.run("on", "host.0");
    expect(operation).toMatchObject({
      state: "rolled-back",
      failure: { code: "INTERLOCK_DENIED", message: "inlet is at 61 °C" },
    });
    expect(bench.host(0).acts).toEqual([]);
    expect(bench.rail(0).acts).toEqual(["on", "off"]);
  });

  it("so they are before a reset", async () => {
    bench.host(0).change("on");
    bench.change({ safety: { maxConcurrentOperations: 1 } });
    const first = bench.submit("reset", "host.0");
    const second = bench.submit("reset", "host.0");
    thermal.isHot = true;
    await Promise.all([bench.ended(first), bench.ended(second)]);
    expect(second).toMatchObject({ state: "failed", failure: { code: "INTERLOCK_DENIED" } });
  });

  it("and never before an off", async () => {
    bench.host(0).change("on");
    thermal.isHot = true;
    for (const verb of ["off", "force-off", "emergency-off"] as const)
      expect(await bench.run(verb, "host.0")).toMatchObject({ state: "succeeded" });
    expect(thermal.asked).toBe(0);
  });
});

describe("what a host needs", () => {
  it("must have its power-good when the button is pressed, whatever it had at admission", async () => {
    bench.change({ sequencing: { startupDelay: milliseconds(50) } });
    await bench.run("on", "host.1");
    bench.host(1).change("off");
    const operation = bench.submit("on", "host.0"); // waits for its turn, and meanwhile
    bench.rail(0).change("unknown");
    expect(await bench.ended(operation)).toMatchObject({
      state: "failed",
      outcomes: [{ errorCode: "DEPENDENCY_FAILED", reason: "dependency-unknown" }],
    });
    expect(bench.host(0).acts).toEqual([]);
  });

  it("holds nothing up where policy doesn't ask for power-good, and its own outcome says what is shown", async () => {
    bench.change({ safety: { powerGoodRequired: false } });
    bench.rail(0).change("off");
    bench.rail(0).isDead = true;
    const operation = await bench.run("on", "host.0");
    expect(bench.host(0).acts).toEqual(["press"]);
    expect(operation.outcomes).toMatchObject([
      { component: "chassis.0", success: false, errorCode: "POWER_GOOD_TIMEOUT", power: "off" },
      { component: "host.0", success: true, power: "on" },
    ]);
    expect(operation.state).toBe("failed");
    // Its host is on, so the rail stays.
    expect(bench.rail(0).acts).toEqual(["on"]);
  });
});

describe("an override", () => {
  let thermal: Thermal;

  beforeEach(() => {
    thermal = new Thermal();
    thermal.isHot = true;
    bench.interlocks.push(thermal, { name: "emergency-latch", overridable: false, check: () => undefined });
    bench.change({ safety: { emergencyOverride: true } });
  });

  it("lets an operation by, at admission and before its acts, and is on record over a restart", async () => {
    const operation = await bench.run("on", "host.0", { override: ["thermal"] });
    expect(operation).toMatchObject({ state: "succeeded", overridden: ["thermal"] });
    await bench.stop();
    await bench.start();
    expect(bench.journal.operations.get(operation.id)?.overridden).toEqual(["thermal"]);
  });

  it("that only turns out to be needed before the act is on record too", async () => {
    thermal.isHot = false;
    bench.change({ sequencing: { startupDelay: milliseconds(50) } });
    await bench.run("on", "host.1");
    const operation = bench.submit("on", "host.0", { override: ["thermal"] });
    expect(operation.overridden).toBeUndefined();
    thermal.isHot = true;
    expect(await bench.ended(operation)).toMatchObject({ state: "succeeded", overridden: ["thermal"] });
    await bench.stop();
    await bench.start();
    expect(bench.journal.operations.get(operation.id)?.overridden).toEqual(["thermal"]);
  });

  it("is for what it names alone", () => {
    expect(bench.refusal("on", "host.0")).toMatchObject({ code: "INTERLOCK_DENIED", reason: "thermal" });
  });

  it("is refused where policy doesn't allow it", () => {
    bench.change({ safety: { emergencyOverride: false } });
    expect(bench.refusal("on", "host.0", { override: ["thermal"] })).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "override-not-allowed",
      remedy: expect.stringMatching(/emergencyOverride/),
    });
  });

  it("of what nobody may override is refused, and so is one of nothing", () => {
    expect(bench.refusal("on", "host.0", { override: ["emergency-latch"] })).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "not-overridable",
    });
    expect(bench.refusal("on", "host.0", { override: ["termal"] })).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("has no say in an off", async () => {
    bench.change({ safety: { emergencyOverride: false } });
    expect(await bench.run("force-off", "host.0", { override: ["thermal"] })).toMatchObject({ state: "succeeded" });
  });

  it("holds no longer than overrideTimeout after the request", async () => {
    bench.change({ emergency: { overrideTimeout: milliseconds(50) }, safety: { maxConcurrentOperations: 1 } });
    bench.host(1).riseMs = "never"; // 300 ms until it has failed
    thermal.isHot = false;
    const first = bench.submit("on", "host.1");
    const second = bench.submit("on", "host.0", { override: ["thermal"] });
    await expect.poll(() => bench.host(1).acts.length, patience).toBe(1);
    thermal.isHot = true;
    await bench.ended(first);
    expect(await bench.ended(second)).toMatchObject({ state: "failed", failure: { code: "INTERLOCK_DENIED" } });
    expect(bench.host(0).acts).toEqual([]);
  });

  it("ends with the policy that allowed it", async () => {
    bench.change({ sequencing: { startupDelay: milliseconds(50) } });
    await bench.run("on", "host.1", { override: ["thermal"] });
    const operation = bench.submit("on", "host.0", { override: ["thermal"] });
    bench.change({ safety: { emergencyOverride: false } });
    expect(await bench.ended(operation)).toMatchObject({ state: "failed", failure: { code: "INTERLOCK_DENIED" } });
  });
});
