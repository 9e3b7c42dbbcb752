import { milliseconds } from "@busbar/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ToyBench } from "../testing/toy-bench.ts";

let bench: ToyBench;
/** When each act on a button began, in milliseconds. */
let begun: { readonly name: string; readonly act: string; readonly at: number }[];
let mostAtOnce: number;

beforeEach(async () => {
  bench = new ToyBench({ hosts: [4, 4], powerGoodMs: 5_000 });
  await bench.start();
  begun = [];
  mostAtOnce = 0;
  for (const [name, host] of bench.hosts) {
    host.onLine = (act, asserted) => {
      if (asserted) begun.push({ name, act, at: performance.now() });
    };
  }
});

afterEach(() => bench.close());

const all = [0, 1, 2, 3, 4, 5, 6, 7];
const gaps = () => begun.slice(1).map(({ at }, index) => at - (begun[index]?.at ?? 0));

/** A little less, for clocks that round. */
const apart = (delay: number) => gaps().every((gap) => gap > delay - 1);

describe("startupDelay", () => {
  beforeEach(() => bench.change({ sequencing: { startupDelay: milliseconds(20) } }));

  it("keeps the starts of any two hosts apart, of different operations and chassis", async () => {
    bench.change({ safety: { maxConcurrentOperations: 8 } });
    const ended = await Promise.all(all.map((index) => bench.run("on", `host.${index}`)));
    expect(ended.every(({ state }) => state === "succeeded")).toBe(true);
    expect(begun).toHaveLength(8);
    expect(apart(20)).toBe(true);
  });

  it("keeps those apart that a chassis cycle brings back", async () => {
    for (const index of [0, 1, 2]) bench.host(index).change("on");
    expect(await bench.run("cycle", "chassis.0")).toMatchObject({ state: "succeeded" });
    begun = begun.slice(3);
    expect(begun).toHaveLength(3);
    expect(apart(20)).toBe(true);
  });

  it("is remembered over a restart", async () => {
    bench.change({ sequencing: { startupDelay: milliseconds(200) } });
    await bench.run("on", "host.0");
    await bench.stop();
    await bench.start();
    bench.engine.recover();
    await bench.run("on", "host.1");
    // The boot clock that the journal has counts in hundredths of a second.
    expect(apart(190)).toBe(true);
  });

  it("never holds up an off", async () => {
    bench.change({ sequencing: { startupDelay: milliseconds(60_000) } });
    bench.host(7).change("on");
    await bench.run("on", "host.0");
    const waiting = bench.submit("on", "host.1");
    expect(await bench.run("off", "host.7")).toMatchObject({ state: "succeeded" });
    expect(await bench.run("off", "host.1")).toMatchObject({ state: "succeeded" });
    expect(await bench.ended(waiting)).toMatchObject({ state: "aborted" });
  });
});

describe("shutdownDelay", () => {
  beforeEach(() => {
    bench.change({ sequencing: { shutdownDelay: milliseconds(20) } });
    for (const index of all) bench.host(index).change("on");
  });

  it("keeps the shutdowns of one operation apart", async () => {
    expect(await bench.run("off", "chassis.0")).toMatchObject({ state: "succeeded" });
    expect(begun).toHaveLength(4);
    expect(apart(20)).toBe(true);
    expect(bench.rail(0).acts).toEqual(["off"]);
  });

  it("leaves a forced and an emergency off alone: all hosts are held at once", async () => {
    bench.change({ sequencing: { shutdownDelay: milliseconds(60_000) } });
    expect(await bench.run("emergency-off", "chassis.0")).toMatchObject({ state: "succeeded" });
    expect(begun.map(({ act }) => act)).toEqual(["hold", "hold", "hold", "hold"]);
    expect(await bench.run("force-off", "host.4")).toMatchObject({ state: "succeeded" });
  });
});

it("no more operations are under way than maxConcurrentOperations, as it is at the time", async () => {
  const underWay = new Set<string>();
  const { engine } = bench;
  engine.onStart = (_, id) => {
    underWay.add(id);
    mostAtOnce = Math.max(mostAtOnce, underWay.size);
  };
  engine.onEnd = (_, id) => underWay.delete(id);
  bench.change({ safety: { maxConcurrentOperations: 3 } });
  await Promise.all(all.map((index) => bench.run("on", `host.${index}`)));
  expect(mostAtOnce).toBe(3);
  mostAtOnce = 0;
  bench.change({ safety: { maxConcurrentOperations: 1 } });
  await Promise.all(all.map((index) => bench.run("reset", `host.${index}`)));
  expect(mostAtOnce).toBe(1);
});

it("the hosts of a chassis are shut down side by side", async () => {
  for (const index of [0, 1]) bench.host(index).change("on");
  // Each goes off only when the other one's button was pressed too.
  for (const index of [0, 1]) bench.host(index).ignoresButton = true;
  const operation = bench.submit("off", "chassis.0");
  await expect.poll(() => begun.length, { timeout: 5_000 }).toBe(2);
  for (const index of [0, 1]) bench.host(index).change("off");
  expect(await bench.ended(operation)).toMatchObject({ state: "succeeded" });
  expect(bench.rail(0).acts).toEqual(["off"]);
});
