import { expect, test } from "vitest";
import { policyConflicts } from "./policy-conflicts.ts";
import { usualPolicies } from "./schema.ts";
import { complaints, platformText, read } from "./testing/platform-text.ts";

test("the usual policies go together", () => {
  expect(policyConflicts(usualPolicies)).toEqual([]);
});

test.each([
  ["thermal: { refresh: 30s }", "policies.thermal.refresh: readings would be stale before they are asked for again"],
  ["environment: { ambientLeast: 45 }", "policies.environment.ambientLeast: no air would be warm and cold enough"],
])("a file with %s is refused", (policies, complaint) => {
  expect(complaints(`${platformText}policies: { ${policies} }\n`)[0]).toContain(complaint);
});

test("which policies a file gives is known, also of one that says the usual", () => {
  expect([...read(platformText).writtenPolicies]).toEqual([]);
  const text = `${platformText}policies: { safety: { thermalCheck: true }, thermal: { refresh: 5s } }\n`;
  expect([...read(text).writtenPolicies]).toEqual(["safety.thermalCheck", "thermal.refresh"]);
});
