import { componentName } from "@busbar/contracts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ToyBench } from "../testing/toy-bench.ts";

let bench: ToyBench;

beforeEach(async () => {
  bench = new ToyBench({ hosts: [3, 1] });
  await bench.start();
});

afterEach(() => bench.close());

const patience = { timeout: 5_000 };

it("acts while the disk stalls, and its records follow", async () => {
  for (const index of [0, 1]) bench.host(index).change("on");
  const goOn = bench.stallDisk();
  const operation = bench.submit("emergency-off", "chassis.0");
  await expect.poll(() => bench.rail(0).acts, patience).toEqual(["off"]);
  expect(bench.host(0).acts).toEqual(["hold", "released early"]);
  expect(bench.host(1).acts).toEqual(["hold", "released early"]);
  expect(operation.finishedAt).toBeUndefined();
  goOn();
  expect(await bench.ended(operation)).toMatchObject({ state: "succeeded" });
  await bench.stop();
  await bench.start();
  expect(bench.journal.operations.get(operation.id)).toMatchObject({ state: "succeeded", verb: "emergency-off" });
  expect(bench.journal.operations.get(operation.id)?.steps.filter(({ kind }) => kind === "hold")).toHaveLength(3);
});

it("does not wait for an operation that it preempts while that one waits for the disk", async () => {
  bench.host(1).change("on");
  const goOn = bench.stallDisk();
  const on = bench.submit("on", "host.0");
  await expect.poll(() => on.steps.length + Number(on.state === "running"), patience).toBeGreaterThan(0);
  const emergency = bench.submit("emergency-off", "chassis.0");
  await expect.poll(() => bench.rail(0).acts, patience).toEqual(["off"]);
  expect(bench.host(1).acts).toEqual(["hold", "released early"]);
  goOn();
  await Promise.all([bench.ended(on), bench.ended(emergency)]);
  expect(on).toMatchObject({ state: "aborted", failure: { message: expect.stringMatching(/superseded/) } });
  expect(bench.host(0).acts).toEqual([]);
});

it("waits for a press under way on the same button, then holds it in full", async () => {
  const edges: string[] = [];
  bench.host(0).pulseMs = 50;
  bench.host(0).riseMs = 1_000;
  bench.host(0).onLine = (act, asserted) => edges.push(`${act} ${asserted ? "begins" : "ends"}`);
  const on = bench.submit("on", "host.0");
  await expect.poll(() => edges.length, patience).toBe(1);
  const emergency = bench.submit("emergency-off", "chassis.0");
  await Promise.all([bench.ended(on), bench.ended(emergency)]);
  expect(edges).toEqual(["press begins", "press ends", "hold begins", "hold ends"]);
  // Power-good was low all along, and the press may have taken effect.
  expect(bench.host(0).acts).toEqual(["press", "hold", "held in full"]);
});

it("leaves a host alone that is surely off", async () => {
  expect(await bench.run("emergency-off", "chassis.0")).toMatchObject({ state: "succeeded" });
  expect([0, 1, 2].flatMap((index) => bench.host(index).acts)).toEqual([]);
  expect(bench.rail(0).acts).toEqual(["off"]);
});

it("a host that does not go off doesn't keep the rail on, and is off with it", async () => {
  bench.host(0).change("on");
  bench.host(0).ignoresButton = true;
  expect(await bench.run("emergency-off", "chassis.0")).toMatchObject({ state: "succeeded" });
  expect(bench.rail(0).acts).toEqual(["off"]);
  expect(bench.host(0).power).toBe("off");
});

it("a button that is gone doesn't keep the rail on; its host's outcome says what went wrong if it stays on", async () => {
  const host = bench.host(0);
  host.change("on");
  host.missing = "line power-button-0 is gone";
  host.powerButton.hold = async () => {
    throw new Error("line power-button-0 is gone");
  };
  bench.rail(0).sense.onChange(() => host.change("on")); // fed by something else too
  const operation = await bench.run("emergency-off", "chassis.0");
  expect(bench.rail(0).acts).toEqual(["off"]);
  expect(operation.outcomes.find(({ component }) => component === componentName("host.0"))).toMatchObject({
    success: false,
    power: "on",
    message: expect.stringMatching(/power-button-0 is gone/),
  });
  expect(operation.outcomes.filter(({ success }) => success)).toHaveLength(3);
});

it("takes over offs, graceful and forced, and only waits for another emergency off", async () => {
  for (const index of [0, 1]) bench.host(index).change("on");
  bench.host(0).ignoresButton = true;
  bench.host(1).pulseMs = 100;
  const graceful = bench.submit("off", "host.0");
  const forced = bench.submit("force-off", "host.1");
  await expect.poll(() => bench.host(1).acts.length, patience).toBe(1);
  const emergency = bench.submit("emergency-off", "chassis.0");
  const another = bench.submit("emergency-off", "chassis.0");
  expect(another.state).toBe("queued");
  expect(bench.submit("force-off", "host.0").state).toBe("queued");
  await Promise.all([graceful, forced, emergency, another].map((operation) => bench.ended(operation)));
  expect(graceful.state).toBe("aborted");
  expect(emergency.state).toBe("succeeded");
  expect(another.state).toBe("succeeded");
});

it("is taken however many operations are open", async () => {
  for (let i = 0; i < 64; i += 1) bench.submit("on", `host.${i % 3}`);
  expect(bench.refusal("on", "host.3")?.code).toBe("RESOURCE_EXHAUSTED");
  expect(await bench.run("emergency-off", "chassis.1")).toMatchObject({ state: "succeeded" });
});
