import { describe, expect, test } from "vitest";
import { parsePolicy, policyRange, policyRows, showPolicy } from "./policy.ts";
import { usualPolicies } from "./schema.ts";
import { complaints, platformText, read } from "./testing/platform-text.ts";

describe.each([...policyRows])("policy %s", (key, row) => {
  test("reads back what is shown of its usual value", () => {
    const shown = showPolicy(row, row.usual);
    expect(parsePolicy(row, shown)).toBe(row.usual);
    const [section = "", name = ""] = key.split(".");
    expect(usualPolicies).toHaveProperty([section, name], row.usual);
  });

  test("has a sentence for operators and refuses nonsense with its range", () => {
    expect(row.doc).toMatch(/^[A-Z]/);
    for (const text of ["", "maybe", "-1s", "1e3", "999d", "NaN"]) expect(parsePolicy(row, text)).toBeUndefined();
    const [section, name] = key.split(".");
    const [complaint = ""] = complaints(`${platformText}policies: { ${section}: { ${name}: maybe } }\n`);
    expect(complaint).toContain(`policies.${key}: "maybe"`);
    if (row.type !== "duration") expect(complaint).toContain(policyRange(row));
  });
});

test("a number out of its range is refused, and a count must be whole", () => {
  const zone = policyRows.get("environment.ambientMost");
  const count = policyRows.get("sequencing.retryAttempts");
  if (zone === undefined || count === undefined) throw new Error("no such policy");
  expect([parsePolicy(zone, "90.5"), parsePolicy(zone, "44.5")]).toEqual([undefined, 44.5]);
  expect([parsePolicy(count, "2.5"), parsePolicy(count, "11"), parsePolicy(count, "10")]).toEqual([
    undefined,
    undefined,
    10,
  ]);
});

test("zones name power domains of this platform", () => {
  expect([...read(`${platformText}zones: { cpu: [host.0] }\n`).zones]).toEqual([["cpu", ["host.0"]]]);
  expect(complaints(`${platformText}zones: { cpu: [host.7] }\n`)[0]).toContain("host.7 is no power domain here");
});
