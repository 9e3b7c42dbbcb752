import { componentName, type Verb } from "@busbar/contracts";
import { describe, expect, it } from "vitest";
import { operationTime } from "./operation-time.ts";
import { type Platform, parsePlatform } from "./platform.ts";

const bench = (hosts: number, policies = "{}"): Platform =>
  parsePlatform(
    `
platform: bench
tried: true
gpio:
  chips: { main: { simulated: board } }
  lines:
    power-button-0: { chip: main, output: momentary, active: low }
    power-good-0: { chip: main, input: true, active: high }
    chassis-enable: { chip: main, output: latched, active: high }
    chassis-good: { chip: main, input: true, active: high }
domains:
  chassis.0:
    backend: { gpio: { enable: chassis-enable } }
    powerGood: { all: [chassis-good] }
    timing: { operation: 20s, minimumOff: 3s }
  host.0:
    backend: { gpio: { powerButton: power-button-0 } }
    powerGood: { all: [power-good-0] }
    dependsOn: [chassis.0]
    timing: { press: 200ms, operation: 30s, gracefulOff: 60s, minimumOff: 5s, forceHold: 4s }
    template: { count: ${hosts} }
policies: ${policies}
`,
    "bench.yaml",
  );

const seconds = (platform: Platform, component: string, verb: Verb) =>
  operationTime(platform, componentName(component), verb) / 1000;

describe("the time of", () => {
  const two = bench(2);

  it("an on: two rounds of rail and host, the starts of both hosts, and the rail tried for each", () => {
    expect(seconds(two, "host.0", "on")).toBe(2 * (20 + 30) + 2 * 5.2 + 20);
  });

  it("an off of a chassis: hosts side by side but 10 s apart, then the rail", () => {
    expect(seconds(two, "chassis.0", "off")).toBe(10 + 2 * 0.2 + 60 + 30 + 20);
  });

  it("a forced off and an emergency off wait for nobody's turn", () => {
    expect(seconds(two, "host.0", "force-off")).toBe(30);
    expect(seconds(two, "chassis.0", "emergency-off")).toBe(30 + 20);
    expect(seconds(bench(16), "chassis.0", "emergency-off")).toBe(30 + 20);
  });

  it("a cycle covers its off, its minimum off time and its on", () => {
    const cycle = seconds(two, "host.0", "cycle");
    expect(cycle).toBeGreaterThan(seconds(two, "host.0", "off") + 5 + 30);
  });
});

/**
 * The last of N hosts asked at once: nobody may need longer than this. Each takes all the time that its work may take,
 * and its start keeps the next one waiting.
 */
function lastEnds(hosts: number, concurrent: number, startupDelay: number, work: number): number {
  const places = Array.from({ length: concurrent }, () => 0);
  let nextStart = 0;
  let last = 0;
  for (let host = 0; host < hosts; host += 1) {
    const place = places.indexOf(Math.min(...places));
    const begins = Math.max(places[place] ?? 0, nextStart);
    nextStart = begins + startupDelay;
    places[place] = begins + work;
    last = Math.max(last, begins + work);
  }
  return last;
}

describe("N hosts asked at once on a platform of N hosts all end in time", () => {
  for (const hosts of [1, 2, 8, 16])
    for (const concurrent of [1, 2, 3, 16])
      for (const delay of [0, 5, 60])
        it(`${hosts} hosts, ${concurrent} at a time, ${delay} s apart`, () => {
          const policies = `{ safety: { maxConcurrentOperations: ${concurrent} }, sequencing: { startupDelay: ${delay}s } }`;
          const platform = bench(hosts, policies);
          // The first one brings the rail along, and the others wait for that.
          const railFirst = 20 + 30;
          expect(seconds(platform, "host.0", "on")).toBeGreaterThanOrEqual(
            railFirst + lastEnds(hosts - 1, concurrent, delay + 0.2, 30),
          );
          expect(seconds(platform, "host.0", "reset")).toBeGreaterThanOrEqual(lastEnds(hosts, concurrent, 0, 30));
          expect(seconds(platform, "host.0", "cycle")).toBeGreaterThanOrEqual(
            lastEnds(hosts, concurrent, delay + 0.2, 60 + 5 + 30),
          );
        });
});
