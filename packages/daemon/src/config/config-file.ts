import { readFileSync } from "node:fs";
import { nearMiss } from "@busbar/contracts";
import { badValue, type Problem } from "./given.ts";
import type { SettingRow } from "./setting-rows.ts";

export interface FileValue {
  readonly row: SettingRow;
  readonly value: unknown;
  readonly where: string;
}

export interface ConfigFile {
  readonly values: readonly FileValue[];
  readonly problems: readonly Problem[];
}

/** Reads a JSON file: an object of keys, nested as the schema is. */
export function readConfigFile(path: string, rows: readonly SettingRow[]): ConfigFile {
  const where = `file ${path}`;
  const refused = (what: string, fix: string): ConfigFile => ({ values: [], problems: [{ where, what, fix }] });
  let parsed: unknown;
  try {
    const content = readFileSync(path, "utf8");
    try {
      parsed = JSON.parse(content);
    } catch (error) {
      return refused(`is not JSON: ${textOf(error)}`, "correct it");
    }
  } catch (error) {
    return refused(`can't be read: ${textOf(error)}`, "give the path of a file that this user may read");
  }
  if (!isObject(parsed)) return refused("is not an object of settings", 'write { "logLevel": "info" }');

  const byPath = new Map(rows.map((row) => [row.path, row]));
  const values: FileValue[] = [];
  const problems: Problem[] = [];
  for (const [key, value] of leavesOf(parsed, byPath)) {
    const row = byPath.get(key);
    if (row === undefined) {
      const meant = nearMiss(key, byPath.keys());
      const fix = meant === undefined ? "see --help" : `did you mean ${meant}?`;
      problems.push({ where: `${where}: ${key}`, what: "there is no such key", fix });
      continue;
    }
    const read = value === null && !row.required ? row.fallback : row.fromFile(value);
    if (read === undefined) problems.push(badValue(row, value, where));
    else values.push({ row, value: read, where });
  }
  return { values, problems };
}

/** Every key down to a known one, or to what is no object. */
function* leavesOf(
  node: Readonly<Record<string, unknown>>,
  known: ReadonlyMap<string, SettingRow>,
  parent = "",
): Generator<readonly [string, unknown]> {
  for (const [key, value] of Object.entries(node)) {
    const path = parent + key;
    if (isObject(value) && !known.has(path)) yield* leavesOf(value, known, `${path}.`);
    else yield [path, value];
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
