import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPlatform } from "./load.ts";
import { platformText } from "./testing/platform-text.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "busbar-platform-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("loading a platform", () => {
  it("reads the file and remembers which", () => {
    const path = join(directory, "platform.yaml");
    writeFileSync(path, platformText);
    expect(loadPlatform(path)).toMatchObject({ name: "bench", file: path });
  });

  it("names the file in what is wrong with it", () => {
    const path = join(directory, "bad.yaml");
    writeFileSync(path, platformText.replace("tried: true", "tried: 1"));
    expect(() => loadPlatform(path)).toThrow(`${path}:2:8: tried: 1 is not allowed here`);
  });

  it("answers NOT_FOUND for a file that is not there", () => {
    const path = join(directory, "none.yaml");
    expect(() => loadPlatform(path)).toThrow(
      expect.objectContaining({ code: "NOT_FOUND", message: `platform file ${path} is not there`, component: path }),
    );
  });

  it("answers UNAVAILABLE, with the cause, for what can't be read", () => {
    expect(() => loadPlatform(directory)).toThrow(
      expect.objectContaining({ code: "UNAVAILABLE", cause: expect.objectContaining({ code: "EISDIR" }) }),
    );
  });
});

describe("the simulated platform that we ship", () => {
  const shipped = () =>
    loadPlatform(fileURLToPath(new URL("../../../platforms/simulated/platform.yaml", import.meta.url)));

  it("is two hosts on one chassis and the BMC, tried", () => {
    const { name, tried, domains, graph } = shipped();
    expect({ name, tried }).toEqual({ name: "simulated", tried: true });
    expect([...domains.keys()]).toEqual(["chassis.0", "host.0", "host.1", "bmc.0"]);
    expect(graph.order).toEqual(["bmc.0", "chassis.0", "host.0", "host.1"]);
  });

  it("has the lines of its README, buttons active low as in seed 003", () => {
    const lines = [...shipped().lines.values()].map(
      (line) => `${line.name} ${line.direction === "input" ? "input" : line.output} ${line.active}`,
    );
    expect(lines.sort()).toEqual([
      "bmc-reset-0 momentary low",
      "chassis-enable latched high",
      "chassis-good input high",
      "power-button-0 momentary low",
      "power-button-1 momentary low",
      "power-good-0 input high",
      "power-good-1 input high",
      "reset-button-0 momentary low",
      "reset-button-1 momentary low",
    ]);
  });

  it("has the timings of the seeds on both hosts", () => {
    const domains = [...shipped().domains.values()];
    const hosts = domains.filter(({ kind }) => kind === "host");
    expect(hosts).toHaveLength(2);
    for (const host of hosts) {
      expect(host).toMatchObject({
        backend: { pulse: { press: 200, reset: 100, forceHold: 4_000, forceThreshold: 3_500 } },
        timing: { powerGood: 5_000, minimumOff: 5_000, gracefulOff: 300_000 },
      });
    }
  });
});
