import { BusbarError, componentName } from "@busbar/contracts";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parse, stringify } from "yaml";
import { edited, platformText, powerDomain, read } from "./testing/platform-text.ts";

describe("a platform", () => {
  it("has what its file says", () => {
    const platform = read(platformText);
    expect(platform).toMatchObject({ name: "bench", file: "board.yaml", tried: true });
    expect([...platform.chips.values()]).toEqual([{ type: "simulated", name: "main", board: "board" }]);
    expect(platform.lines.get("rail-enable")).toEqual({
      name: "rail-enable",
      chip: "main",
      active: "high",
      direction: "output",
      output: "latched",
    });
    expect([...platform.domains.keys()]).toEqual(["chassis.0", "host.0", "bmc.0"]);
    expect(platform.graph.order).toEqual(["bmc.0", "chassis.0", "host.0"]);
    expect(platform.domains.get(componentName("chassis.0"))).toMatchObject({
      kind: "chassis",
      backend: { type: "gpio-rail", enable: "rail-enable" },
      powerGood: { require: "all", lines: ["rail-good"] },
      dependsOn: [],
    });
    expect(platform.domains.get(componentName("host.0"))).toMatchObject({
      kind: "host",
      backend: {
        type: "gpio-buttons",
        powerButton: "power-button-0",
        resetButton: "reset-button-0",
        forceOff: undefined,
        pulse: { press: 200, forceHold: 4_000, forceThreshold: 3_000 },
      },
      dependsOn: ["chassis.0"],
    });
    expect(platform.domains.get(componentName("bmc.0"))).toEqual({
      kind: "bmc",
      name: "bmc.0",
      backend: { type: "system", reset: { by: "systemd" } },
      timing: { operation: 30_000 },
    });
  });

  it("takes the figures of DESIGN §12 and of the field where its file is silent", () => {
    const platform = read(edited(["    timing: { press: 200ms, forceHold: 4s, forceThreshold: 3s }\n", ""]));
    const { backend, timing, sequence } = powerDomain(platform, "host.0");
    expect(backend).toMatchObject({ pulse: { press: 200, reset: 500, forceHold: 15_000, forceThreshold: 3_500 } });
    expect(timing).toEqual({ powerGood: 10_000, minimumOff: 5_000, gracefulOff: 300_000, operation: 30_000 });
    expect(sequence).toEqual({ onDelay: 0, offDelay: 0 });
    expect(platform.lines.get("power-good-0")).toMatchObject({ debounce: 10 });
    expect(platform.policies.safety).toEqual({
      thermalCheck: true,
      healthCheck: true,
      powerGoodRequired: true,
      maxConcurrentOperations: 2,
      emergencyOverride: false,
    });
    expect(platform.policies.sequencing).toEqual({
      startupDelay: 5_000,
      shutdownDelay: 10_000,
      escalateAfter: 30_000,
      retryAttempts: 3,
    });
  });

  it.each(["policies: {}", "policies: { safety: {} }"])("has the usual policies with %s", (policies) => {
    expect(read(platformText + policies).policies).toEqual(read(platformText).policies);
  });

  it("keeps that nobody has tried it", () => {
    expect(read(edited(["tried: true", "tried: false"])).tried).toBe(false);
  });

  it("has what else a file can say", () => {
    const platform = read(
      `${edited(
        [
          "rail-good: { chip: main, input: true,",
          "rail-good: { chip: main, input: true, bias: pull-up, debounce: 0ms,",
        ],
        ["all: [rail-good] }", "any: [rail-good, spare] }\n    sequence: { onDelay: 1.5s, offDelay: 2s }"],
        ["reset-button-0 } }", "reset-button-0, forceOff: force-off } }"],
        ["  lines:", "  lines:\n    spare: { chip: main, input: true, active: low }"],
        ["    bmc-reset:", "    force-off: { chip: main, output: momentary, active: high }\n    bmc-reset:"],
        ["system: systemd }", "system: { resetLine: bmc-reset } }\n    timing: { reset: 1s, operation: 60s }"],
      )}policies: { safety: { maxConcurrentOperations: 8 } }`,
    );
    expect(platform.lines.get("rail-good")).toEqual({
      name: "rail-good",
      chip: "main",
      active: "high",
      direction: "input",
      bias: "pull-up",
      debounce: 0,
    });
    const chassis = powerDomain(platform, "chassis.0");
    expect(chassis.powerGood).toEqual({ require: "any", lines: ["rail-good", "spare"] });
    expect(chassis.sequence).toEqual({ onDelay: 1_500, offDelay: 2_000 });
    expect(powerDomain(platform, "host.0").backend).toMatchObject({ forceOff: "force-off" });
    expect(platform.domains.get(componentName("bmc.0"))).toMatchObject({
      backend: { reset: { by: "line", line: "bmc-reset", pulse: 1_000 } },
      timing: { operation: 60_000 },
    });
    expect(platform.policies.safety.maxConcurrentOperations).toBe(8);
  });
});

test("a file with anything anywhere is either a platform or refused with places and fixes", () => {
  const junk = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("power-good-0", "rail-enable", "host.0", "main", "2s", "1h", true, null, [], {}, ["host.0"]),
  );
  const edit = fc.record({
    at: fc.nat(),
    how: fc.constantFrom("replace", "remove", "rename", "add"),
    junk,
    key: fc.string({ unit: "binary" }),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const file: unknown = parse(platformText);
      for (const { at, how, junk: value, key } of edits) {
        const places = [...entries(file)];
        const place = places[at % places.length];
        if (place === undefined) break;
        if (how === "replace") place.owner[place.key] = structuredClone(value);
        if (how === "add") place.owner[key] = structuredClone(value);
        if (how === "rename") place.owner[`${place.key}${key}`] = place.owner[place.key];
        if (how === "rename" || how === "remove") delete place.owner[place.key];
      }
      try {
        expect(read(stringify(file)).domains.size).toBeGreaterThan(0);
      } catch (thrown) {
        if (!(thrown instanceof BusbarError)) throw thrown;
        expect(thrown.code).toBe("INVALID_ARGUMENT");
        expect(thrown.remedy).not.toBe("");
        const count = Object.keys(thrown.details).length;
        expect(thrown.message.split("\n")).toHaveLength(count === 1 ? 1 : count + 1);
        for (const line of Object.values(thrown.details)) expect(line).toMatch(/^board\.yaml:\d+:\d+: .+; .+$/);
      }
    }),
    { numRuns: 400 },
  );
});

function* entries(value: unknown): Generator<{ owner: Record<string, unknown>; key: string }> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield { owner: value as Record<string, unknown>, key };
    yield* entries(inner);
  }
}
