import { formatDuration } from "@busbar/contracts";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { complaints, edited, type Mistake, powerDomain, read } from "./testing/platform-text.ts";
import { type TimingKey, timings } from "./timing.ts";

const mistakes: readonly Mistake[] = [
  [
    "a press too long to end before the force threshold",
    [["200ms", "2s"]],
    [
      `20:22: domains.host.0.timing.press: press 2s is too near to forceThreshold 3s: released 1s late, after a kill, it forces power off; keep press more than 1s below forceThreshold (usual: 200ms)`,
    ],
  ],
  [
    "a reset too long to end before the force threshold",
    [["press: 200ms", "reset: 2500ms"]],
    [
      `20:22: domains.host.0.timing.reset: reset 2.5s is too near to forceThreshold 3s: released 1s late, after a kill, it forces power off; keep reset more than 1s below forceThreshold (usual: 500ms)`,
    ],
  ],
  [
    "a hold that does not exceed the threshold",
    [["forceHold: 4s", "forceHold: 3s"]],
    [
      `20:40: domains.host.0.timing.forceHold: forceHold 3s does not exceed forceThreshold 3s: a force off would pass for a press; make forceHold longer than forceThreshold (usual: 15s)`,
    ],
  ],
  [
    "a usual threshold that the written hold does not exceed",
    [
      [", forceThreshold: 3s", ""],
      ["forceHold: 4s", "forceHold: 3500ms"],
    ],
    [
      `20:40: domains.host.0.timing.forceHold: forceHold 3.5s does not exceed forceThreshold 3.5s: a force off would pass for a press; make forceHold longer than forceThreshold (usual: 15s)`,
    ],
  ],
  [
    "an operation that ends before a force off can",
    [["press: 200ms", "operation: 13s"]],
    [
      `20:26: domains.host.0.timing.operation: operation 13s ends before forceHold 4s and powerGood 10s: what still succeeds would be reported as failed; make operation at least 14s`,
    ],
  ],
  [
    "a power-good wait longer than the operation of a rail",
    [["powerGood: { all: [rail-good] }", "powerGood: { all: [rail-good] }\n    timing: { powerGood: 31s }"]],
    [
      `16:13: domains.chassis.0.timing.operation: operation 30s ends before powerGood 31s: what still succeeds would be reported as failed; make operation at least 31s`,
    ],
  ],
  [
    "a reset line held for longer than the operation",
    [["system: systemd }", "system: { resetLine: bmc-reset } }\n    timing: { reset: 2s, operation: 1s }"]],
    [
      `23:37: domains.bmc.0.timing.operation: operation 1s ends before reset 2s: what still succeeds would be reported as failed; make operation at least 2s`,
    ],
  ],
  [
    "a pulse on a rail",
    [["powerGood: { all: [rail-good] }", "powerGood: { all: [rail-good] }\n    timing: { press: 200ms }"]],
    [
      `16:15: domains.chassis.0.timing.press: press 200ms has no effect on this domain; remove it; with an effect here: powerGood, minimumOff, operation`,
    ],
  ],
  [
    "a reset pulse without a reset button",
    [
      [", resetButton: reset-button-0", ""],
      ["press: 200ms", "reset: 100ms"],
    ],
    [
      `20:15: domains.host.0.timing.reset: reset 100ms has no effect on this domain; remove it; with an effect here: powerGood, minimumOff, operation, press, forceHold, forceThreshold, gracefulOff`,
    ],
  ],
  [
    "a reset pulse where systemd resets",
    [["system: systemd }", "system: systemd }\n    timing: { reset: 2s }"]],
    [
      `23:15: domains.bmc.0.timing.reset: reset 2s has no effect on this domain; remove it; with an effect here: operation`,
    ],
  ],
];

describe("timings are refused for", () => {
  test.each(mistakes)("%s", (_, edits, found) => {
    expect(complaints(edited(...edits))).toEqual(found);
  });
});

describe("timings", () => {
  const keys = ["press", "reset", "forceHold", "forceThreshold", "powerGood", "operation"] as const;
  const some = fc.record(
    Object.fromEntries(
      keys.map((key) => {
        const { least, most } = timings[key];
        const near = fc.integer({ min: Math.ceil(least / 100), max: Math.min(most, 20_000) / 100 });
        return [key, near.map((tenths) => tenths * 100)];
      }),
    ) as Record<(typeof keys)[number], fc.Arbitrary<number>>,
    { requiredKeys: [] },
  );

  it("are taken exactly if no press can force off, a hold does, and an operation can end", () => {
    fc.assert(
      fc.property(some, (drawn) => {
        const written = Object.entries(drawn).map(([key, value]) => `${key}: ${value}ms`);
        const text = edited(["{ press: 200ms, forceHold: 4s, forceThreshold: 3s }", `{ ${written.join(", ")} }`]);
        const time = (key: TimingKey & keyof typeof drawn): number => drawn[key] ?? timings[key].usual;
        const safe =
          time("press") + 1_000 < time("forceThreshold") &&
          time("reset") + 1_000 < time("forceThreshold") &&
          time("forceThreshold") < time("forceHold") &&
          Math.max(time("forceHold") + time("powerGood"), time("reset")) <= time("operation");
        if (!safe) {
          expect(() => read(text)).toThrow("domains.host.0.timing.");
          return;
        }
        const { backend, timing } = powerDomain(read(text), "host.0");
        expect({ ...timing, ...(backend.type === "gpio-buttons" ? backend.pulse : {}) }).toMatchObject(drawn);
      }),
      { numRuns: 300 },
    );
  });

  it("take an operation that is just as long as a force off and its power-good", () => {
    const platform = read(edited(["press: 200ms", "operation: 14s"]));
    expect(powerDomain(platform, "host.0").timing.operation).toBe(14_000);
  });

  it.each(Object.entries(timings))("%s is taken at both ends of its range and refused beyond them", (key, range) => {
    const at = (value: number): string =>
      edited(["{ press: 200ms, forceHold: 4s, forceThreshold: 3s }", `{ ${key}: ${value}ms }`]);
    const said = (value: number): string => {
      try {
        read(at(value));
        return "";
      } catch (thrown) {
        return String(thrown);
      }
    };
    for (const value of [range.least, range.most]) expect(said(value)).not.toMatch(/too short|too long/);
    const beyond = range.most + 1;
    expect(said(beyond)).toContain(`"${beyond}ms" is too long; keep it in ${formatDuration(range.least)} to`);
    expect(said(beyond)).toContain(`to ${formatDuration(range.most)} (usual: ${formatDuration(range.usual)})`);
    if (range.least > 0) expect(said(range.least - 1)).toContain(`"${range.least - 1}ms" is too short; keep it in`);
    expect(said(range.usual)).toBe("");
  });
});
