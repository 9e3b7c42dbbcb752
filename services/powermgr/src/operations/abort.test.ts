import { BusbarError, milliseconds } from "@busbar/contracts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ToyBench } from "../testing/toy-bench.ts";

let bench: ToyBench;

beforeEach(async () => {
  bench = new ToyBench({ hosts: [4] });
  await bench.start();
});

afterEach(() => bench.close());

const by = { actor: "ann", reason: "wrong host" };
const requested = {
  state: "aborted",
  outcomes: [
    { errorCode: "ABORTED", reason: "requested", message: expect.stringMatching(/^aborted by ann: wrong host$/) },
  ],
  failure: { code: "ABORTED" },
};

const pressed = (index: number) => expect.poll(() => bench.host(index).acts.length, { timeout: 5_000 }).toBe(1);

it("one that waits in the queue ends without touching anything", async () => {
  bench.change({ safety: { maxConcurrentOperations: 1 } });
  bench.host(0).riseMs = "never";
  const first = bench.submit("on", "host.0");
  const waiting = bench.submit("on", "host.1");
  expect(waiting.state).toBe("queued");
  bench.engine.abort(waiting.id, by);
  expect(await bench.ended(waiting)).toMatchObject(requested);
  expect(bench.host(1).acts).toEqual([]);
  expect(first.state).not.toBe("aborted");
});

it("one that waits for its turn to start ends at once, and is not pressed", async () => {
  bench.change({ sequencing: { startupDelay: milliseconds(60_000) } });
  await bench.run("on", "host.0");
  const waiting = bench.submit("on", "host.1");
  await expect.poll(() => waiting.state, { timeout: 5_000 }).toBe("running");
  bench.engine.abort(waiting.id, by);
  expect(await bench.ended(waiting)).toMatchObject(requested);
  expect(bench.host(1).acts).toEqual([]);
});

it("a pulse that has begun runs to its end", async () => {
  const ends: string[] = [];
  bench.host(0).pulseMs = 50;
  bench.host(0).onLine = (act, asserted) => ends.push(`${act} ${asserted}`);
  bench.host(0).riseMs = "never";
  const operation = bench.submit("on", "host.0");
  await pressed(0);
  bench.engine.abort(operation.id, by);
  expect(ends).toEqual(["press true"]);
  expect(await bench.ended(operation)).toMatchObject(requested);
  expect(ends).toEqual(["press true", "press false"]);
});

it("a hold runs to its end too", async () => {
  bench.host(0).change("on");
  bench.host(0).pulseMs = 50;
  const operation = bench.submit("force-off", "host.0");
  await pressed(0);
  bench.engine.abort(operation.id, by);
  await bench.ended(operation);
  expect(bench.host(0).acts).toEqual(["hold", "released early"]);
});

it("one that waits for power-good ends at once", async () => {
  bench.host(0).riseMs = "never";
  const operation = bench.submit("on", "host.0");
  await expect.poll(() => operation.state, { timeout: 5_000 }).toBe("verifying");
  bench.engine.abort(operation.id, by);
  expect(await bench.ended(operation)).toMatchObject(requested);
});

it("asked again it changes nothing, and one that has ended stays as it ended", async () => {
  bench.host(0).riseMs = "never";
  const operation = bench.submit("on", "host.0");
  bench.engine.abort(operation.id, by);
  bench.engine.abort(operation.id, { actor: "bob", reason: "me too" });
  expect(await bench.ended(operation)).toMatchObject(requested);
  expect(bench.engine.abort(operation.id, by)).toBe(operation);
  const done = await bench.run("on", "host.1");
  expect(bench.engine.abort(done.id, by)).toMatchObject({ state: "succeeded" });
});

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof BusbarError ? error.code : String(error);
  }
  return "nothing";
};

it("an id that nobody knows is NOT_FOUND", () => {
  expect(code(() => bench.engine.abort("never seen", by))).toBe("NOT_FOUND");
});

it("an emergency off is not aborted by anybody", async () => {
  bench.host(0).change("on");
  bench.host(0).pulseMs = 50;
  const operation = bench.submit("emergency-off", "chassis.0");
  expect(code(() => bench.engine.abort(operation.id, by))).toBe("FAILED_PRECONDITION");
  expect(await bench.ended(operation)).toMatchObject({ state: "succeeded" });
});

it("what waited for its domain goes on", async () => {
  bench.host(0).riseMs = "never";
  const first = bench.submit("on", "host.0");
  const second = bench.submit("on", "host.0");
  await pressed(0);
  bench.engine.abort(first.id, by);
  bench.host(0).riseMs = 5;
  bench.host(0).change("on");
  expect(await bench.ended(second)).toMatchObject({ state: "succeeded" });
});
