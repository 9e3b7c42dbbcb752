import type { Policies } from "./policy.ts";

/** Two policies of which each is allowed, but not both together. */
export interface PolicyConflict {
  /** `section.key` of the one to correct. */
  readonly key: string;
  readonly what: string;
  readonly fix: string;
}

/** With either of these nothing could ever be switched on, and no single value would look wrong. */
export function policyConflicts({ thermal, environment }: Policies): readonly PolicyConflict[] {
  const found: PolicyConflict[] = [];
  if (thermal.refresh >= thermal.staleAfter) {
    found.push({
      key: "thermal.refresh",
      what: "readings would be stale before they are asked for again",
      fix: "make it shorter than thermal.staleAfter",
    });
  }
  if (environment.ambientLeast >= environment.ambientMost) {
    found.push({
      key: "environment.ambientLeast",
      what: "no air would be warm and cold enough",
      fix: "make it less than environment.ambientMost",
    });
  }
  return found;
}
