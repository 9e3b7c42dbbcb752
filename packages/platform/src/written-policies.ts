import { policyRows } from "./policy.ts";

/** `section.key` of the policies that a platform's text gives itself; the others have their usual value. */
export function writtenPolicies(file: unknown): ReadonlySet<string> {
  const policies = fieldOf(file, "policies");
  return new Set(
    [...policyRows.keys()].filter((key) => {
      const [section = "", name = ""] = key.split(".");
      return fieldOf(fieldOf(policies, section), name) !== undefined;
    }),
  );
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
