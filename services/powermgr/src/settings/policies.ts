import { join } from "node:path";
import type { Clock, Log } from "@busbar/daemon";
import {
  type Platform,
  type Policies,
  type PolicyValue,
  parsePolicy,
  policyConflicts,
  policyRange,
  policyRows,
  showPolicy,
} from "@busbar/platform";
import { RuntimeSettings } from "./runtime-settings.ts";
import type { FiledValue, SettingDefinition } from "./setting-definition.ts";

export interface PolicyOptions {
  readonly directory: string;
  readonly platform: FiledPolicies;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

export type FiledPolicies = Pick<Platform, "policies" | "writtenPolicies">;

export interface RuntimePolicies {
  readonly settings: RuntimeSettings;
  /** In force now: one object until the next change, so that whoever decides by it sees one state of it. */
  policies(): Policies;
  /** The platform file was read again. */
  refile(platform: FiledPolicies): void;
}

export async function openPolicies({ directory, platform, clock, log }: PolicyOptions): Promise<RuntimePolicies> {
  const settings = await RuntimeSettings.open({
    name: "policies",
    noun: "policy",
    path: join(directory, "policies.json"),
    definitions,
    filed: filedPolicies(platform),
    conflicts: (value) => policyConflicts(policiesOf(value)),
    clock,
    log,
  });
  let inForce = policiesOf((key) => settings.value(key));
  settings.onChange = () => {
    inForce = policiesOf((key) => settings.value(key));
  };
  return {
    settings,
    policies: () => inForce,
    refile: (reread) => settings.refile(filedPolicies(reread)),
  };
}

const definitions: readonly SettingDefinition[] = [...policyRows].map(([key, row]) => ({
  key,
  description: `${row.doc}; ${policyRange(row)}`,
  rule: policyRange(row),
  usual: showPolicy(row, row.usual),
  effect: "at-once",
  spelling: (text) => {
    const value = parsePolicy(row, text);
    return value === undefined ? undefined : showPolicy(row, value);
  },
  shown: (text) => text,
}));

function filedPolicies({ policies, writtenPolicies }: FiledPolicies): ReadonlyMap<string, FiledValue> {
  const sections: Readonly<Record<string, Readonly<Record<string, PolicyValue>>>> = policies;
  return new Map(
    [...policyRows].map(([key, row]) => {
      const [section = "", name = ""] = key.split(".");
      const text = showPolicy(row, sections[section]?.[name] ?? row.usual);
      return [key, { text, isUsual: !writtenPolicies.has(key) }] as const;
    }),
  );
}

/** From what each key is spelled as; every spelling here was parsed before. */
function policiesOf(value: (key: string) => string): Policies {
  const sections: Record<string, Record<string, PolicyValue>> = {};
  for (const [key, row] of policyRows) {
    const [section = "", name = ""] = key.split(".");
    sections[section] ??= {};
    sections[section][name] = parsePolicy(row, value(key)) ?? row.usual;
  }
  for (const section of Object.values(sections)) Object.freeze(section);
  // Its keys are those of policyTable, which the compiler can't follow through the rows.
  return Object.freeze(sections) as unknown as Policies;
}
