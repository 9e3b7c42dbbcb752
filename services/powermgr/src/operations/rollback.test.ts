import { BusbarError } from "@busbar/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ToyBench } from "../testing/toy-bench.ts";

let bench: ToyBench;

beforeEach(async () => {
  bench = new ToyBench({ hosts: [3, 1], powerGoodMs: 300 });
  bench.rail(0).change("off");
  await bench.start();
});

afterEach(() => bench.close());

const patience = { timeout: 5_000 };
const outcome = (operation: { readonly outcomes: readonly { component: string }[] }, name: string) =>
  operation.outcomes.find(({ component }) => component === name);

/** Its button is gone: it is surely not pressed. */
function loseButton(index: number): void {
  bench.host(index).powerButton.press = async () => {
    throw new BusbarError("HARDWARE_UNAVAILABLE", "line power-button is gone");
  };
}

describe("when a host can't be pressed on", () => {
  beforeEach(() => loseButton(0));

  it("the rail that was switched on for it goes off again", async () => {
    const operation = await bench.run("on", "host.0");
    expect(operation).toMatchObject({ state: "rolled-back", failure: { code: "HARDWARE_UNAVAILABLE" } });
    expect(outcome(operation, "host.0")).toMatchObject({ errorCode: "HARDWARE_UNAVAILABLE" });
    expect(outcome(operation, "chassis.0")).toMatchObject({
      success: false,
      errorCode: "ABORTED",
      reason: "rolled-back",
      power: "off",
    });
    expect(operation.outcomes).toHaveLength(2);
    expect(bench.rail(0).acts).toEqual(["on", "off"]);
  });

  it("a rail that was on before stays on", async () => {
    bench.rail(0).change("on");
    expect(await bench.run("on", "host.0")).toMatchObject({ state: "failed" });
    expect(bench.rail(0).acts).toEqual([]);
  });

  it("a rail whose power-good was unknown before stays on: it may have been on", async () => {
    bench.rail(0).change("unknown");
    expect(await bench.run("on", "host.0")).toMatchObject({ state: "failed" });
    expect(bench.rail(0).acts).toEqual(["on"]);
  });

  it.each(["on", "unknown"] as const)("its rail stays on under another host that is %s", async (power) => {
    bench.rail(0).sense.onChange((now) => {
      if (now === "on") bench.host(1).change(power);
    });
    const operation = await bench.run("on", "host.0");
    expect(operation).toMatchObject({ state: "failed" });
    expect(bench.rail(0).acts).toEqual(["on"]);
    expect(outcome(operation, "chassis.0")).toMatchObject({ success: true, power: "on" });
  });

  it("its rail stays on for an operation on another host, even one that only waits", async () => {
    bench.change({ safety: { maxConcurrentOperations: 1 } });
    const operation = bench.submit("on", "host.0");
    const next = bench.submit("on", "host.1");
    expect(await bench.ended(operation)).toMatchObject({ state: "failed" });
    expect(await bench.ended(next)).toMatchObject({ state: "succeeded" });
    expect(bench.rail(0).acts).toEqual(["on"]);
  });
});

describe("when a host was pressed on and shows no power-good", () => {
  beforeEach(() => {
    bench.host(0).riseMs = "never";
  });

  it("its rail stays on and it is not pressed again: it may run, and its power-good be what is broken", async () => {
    expect(await bench.run("on", "host.0")).toMatchObject({ state: "failed", failure: { code: "POWER_GOOD_TIMEOUT" } });
    expect(bench.rail(0).acts).toEqual(["on"]);
    expect(bench.host(0).acts).toEqual(["press"]);
  });

  it("nothing is rolled back when the operation was aborted", async () => {
    const aborted = bench.submit("on", "host.0");
    await expect.poll(() => bench.host(0).acts.length, patience).toBe(1);
    bench.engine.abort(aborted.id, { actor: "ann", reason: "" });
    expect(await bench.ended(aborted)).toMatchObject({ state: "aborted" });
    expect(bench.rail(0).acts).toEqual(["on"]);
  });
});

it("a rollback that a restart cut short is made after it", async () => {
  bench.rail(0).isDead = true;
  const operation = bench.submit("on", "host.0");
  await expect.poll(() => bench.rail(0).acts.length, patience).toBe(1);
  await bench.stop();
  await bench.start();
  bench.engine.recover();
  const found = bench.journal.operations.get(operation.id);
  if (!found) throw new Error("the journal forgot the operation");
  expect(await bench.ended(found)).toMatchObject({ state: "rolled-back" });
  expect(bench.rail(0).acts).toEqual(["on", "off"]);
  expect(bench.host(0).acts).toEqual([]);
});

it("a rail that does not come on itself is switched off again, and its outcome says why", async () => {
  bench.rail(0).isDead = true;
  const operation = await bench.run("on", "host.0");
  expect(operation).toMatchObject({ state: "rolled-back", failure: { code: "POWER_GOOD_TIMEOUT" } });
  expect(outcome(operation, "chassis.0")).toMatchObject({ errorCode: "POWER_GOOD_TIMEOUT", power: "off" });
  expect(outcome(operation, "host.0")).toMatchObject({ errorCode: "DEPENDENCY_FAILED" });
  expect(bench.rail(0).acts).toEqual(["on", "off"]);
  expect(bench.host(0).acts).toEqual([]);
});

it("an operation that succeeds leaves its rail on, and tells of it before its host", async () => {
  const operation = await bench.run("on", "host.0");
  expect(operation).toMatchObject({ state: "succeeded" });
  expect(operation.outcomes.map(({ component }) => component)).toEqual(["chassis.0", "host.0"]);
  expect(bench.rail(0).acts).toEqual(["on"]);
});

describe("a level", () => {
  it("is set again when that failed, and how often is recorded", async () => {
    bench.rail(0).failures = 2;
    const operation = await bench.run("on", "chassis.0");
    expect(operation).toMatchObject({ state: "succeeded" });
    expect(operation.steps.find(({ kind }) => kind === "switch")).toMatchObject({ attempts: 3, outcome: "done" });
    expect(bench.rail(0).acts).toEqual(["on failed", "on failed", "on"]);
  });

  it("has failed after as many attempts as policy gives it", async () => {
    bench.change({ sequencing: { retryAttempts: 2 } });
    bench.rail(0).failures = 9;
    const operation = await bench.run("on", "chassis.0");
    expect(operation.outcomes).toMatchObject([{ errorCode: "HARDWARE_UNAVAILABLE" }]);
    expect(bench.rail(0).acts.filter((act) => act === "on failed")).toHaveLength(2);
  });

  it("and a button that failed is never pressed again", async () => {
    let presses = 0;
    bench.rail(0).change("on");
    bench.host(0).powerButton.press = async () => {
      presses += 1;
      throw new Error("the line is stuck");
    };
    expect(await bench.run("on", "host.0")).toMatchObject({ state: "failed" });
    expect(presses).toBe(1);
  });
});
