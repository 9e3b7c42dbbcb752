import { BusbarError } from "@busbar/contracts";
import convict from "convict";
import { readCommandLine } from "./command-line.ts";
import { readConfigFile } from "./config-file.ts";
import { readEnvironment } from "./environment.ts";
import { badValue, type Problem, shownProblem } from "./given.ts";
import { type SettingRow, settingRows } from "./setting-rows.ts";

export interface ConfigSources {
  readonly program: string;
  /** Without the program itself. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What was changed while the daemon ran, by path, in the notation of flags: wins over defaults and file. */
  readonly stored?: ReadonlyMap<string, string>;
}

export interface EffectiveSetting {
  readonly row: SettingRow;
  readonly value: unknown;
  /** `default`, `file /etc/busbar/powermgr.json`, `environment BUSBAR_LOG_LEVEL`, `flag --log-level` */
  readonly source: string;
  readonly origin: "default" | "file" | "runtime" | "environment" | "flag";
}

export interface LoadedConfig<T> {
  readonly values: T;
  readonly settings: readonly EffectiveSetting[];
  readonly warnings: readonly string[];
}

/**
 * Defaults < file (`--config`) < what was changed at run time < environment < flags.
 * @throws BusbarError INVALID_ARGUMENT naming every file, variable or flag that is wrong, its value and the fix
 */
export const loadConfig = <T>(schema: convict.Schema<T>, sources: ConfigSources): LoadedConfig<T> =>
  loadSchema<T>(schema, sources);

/** The same for a schema whose type can't be written down, because it was put together of two. */
export function loadSchema<T>(
  schema: object,
  { program, argv, env, stored = new Map() }: ConfigSources,
): LoadedConfig<T> {
  const rows = settingRows(schema);
  const commandLine = readCommandLine(argv, rows);
  const environment = readEnvironment(env, rows, program);
  const file = commandLine.file === undefined ? undefined : readConfigFile(commandLine.file, rows);
  const problems: Problem[] = [...commandLine.problems, ...(file?.problems ?? []), ...environment.problems];

  const effective = new Map<SettingRow, EffectiveSetting>(
    rows.map((row) => [row, { row, value: row.fallback, source: "default", origin: "default" }]),
  );
  for (const { row, value, where } of file?.values ?? [])
    effective.set(row, { row, value, source: where, origin: "file" });
  for (const row of rows) {
    // What another version stored may not be allowed any more: that must not keep a daemon from starting.
    const value = row.fromText(stored.get(row.path) ?? "");
    if (stored.has(row.path) && value !== undefined)
      effective.set(row, { row, value, source: "changed at run time", origin: "runtime" });
  }
  for (const [origin, given] of [
    ["environment", environment.given],
    ["flag", commandLine.given],
  ] as const) {
    for (const { row, text, where } of given) {
      const value = row.fromText(text);
      if (value === undefined) problems.push(badValue(row, text, where));
      else effective.set(row, { row, value, source: where, origin });
    }
  }
  for (const { row, value } of effective.values()) {
    if (row.required && value === null) {
      problems.push({ where: row.path, what: `must be given: ${row.doc}`, fix: `set ${row.flag} or ${row.variable}` });
    }
  }
  if (problems.length > 0) throw refused(program, problems);

  const config = convict(schema as convict.Schema<T>, { args: [], env: {} });
  config.load(nested([...effective.values()]));
  config.validate({ allowed: "strict" });
  return { values: config.getProperties(), settings: [...effective.values()], warnings: environment.warnings };
}

type Tree = Record<string, unknown>;

/** `a.b = 1` as `{ a: { b: 1 } }` */
function nested(settings: readonly EffectiveSetting[]): Tree {
  const root: Tree = {};
  const branches = new Map<string, Tree>([["", root]]);
  const branchOf = (keys: readonly string[]): Tree => {
    const path = keys.join(".");
    const known = branches.get(path);
    if (known !== undefined) return known;
    const branch: Tree = {};
    branches.set(path, branch);
    branchOf(keys.slice(0, -1))[String(keys.at(-1))] = branch;
    return branch;
  };
  for (const { row, value } of settings) {
    const keys = row.path.split(".");
    branchOf(keys.slice(0, -1))[String(keys.at(-1))] = value;
  }
  return root;
}

function refused(program: string, problems: readonly Problem[]): BusbarError {
  const lines = problems.map(shownProblem);
  const message = lines.length === 1 ? String(lines[0]) : `${lines.length} problems:\n  ${lines.join("\n  ")}`;
  return new BusbarError("INVALID_ARGUMENT", message, {
    component: "configuration",
    remedy: `correct it, and try ${program} --check-config`,
  });
}
