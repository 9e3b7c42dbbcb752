import { nearMiss } from "@busbar/contracts";
import type { Given, Problem } from "./given.ts";
import type { SettingRow } from "./setting-rows.ts";

export interface Environment {
  readonly given: readonly Given[];
  readonly problems: readonly Problem[];
  /** What may be a slip, but may as well be another program's. */
  readonly warnings: readonly string[];
}

/**
 * Reads the variables of a program's keys. `BUSBAR_<PROGRAM>_…` is the program's own: an unknown one is refused.
 * Other `BUSBAR_…` variables may belong to other daemons, since one environment file usually serves all: an unknown
 * one that looks like a slip is only warned of.
 */
export function readEnvironment(env: NodeJS.ProcessEnv, rows: readonly SettingRow[], program: string): Environment {
  const byVariable = new Map(rows.map((row) => [row.variable, row]));
  const own = `BUSBAR_${program.toUpperCase().replaceAll("-", "_")}_`;
  const given: Given[] = [];
  const problems: Problem[] = [];
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined) continue;
    // Empty means unset where the name is not ours alone (OpenTelemetry says so of its own).
    if (text === "" && !name.startsWith("BUSBAR_")) continue;
    const row = byVariable.get(name);
    const where = `environment ${name}`;
    if (row !== undefined) {
      given.push({ row, text, where });
      continue;
    }
    if (!name.startsWith("BUSBAR_")) continue;
    const meant = nearMiss(name, byVariable.keys());
    if (name.startsWith(own)) {
      problems.push({ where, what: "there is no such variable", fix: meant ? `did you mean ${meant}?` : "see --help" });
    } else if (meant !== undefined && isSlip(name, meant)) {
      warnings.push(`${where} is not read by ${program}; did you mean ${meant}?`);
    }
  }
  return { given, problems, warnings };
}

/** Every name here begins alike, so only what follows can tell a slip from another program's variable. */
const isSlip = (name: string, meant: string): boolean =>
  nearMiss(name.slice("BUSBAR_".length), [meant.slice("BUSBAR_".length)]) !== undefined;
