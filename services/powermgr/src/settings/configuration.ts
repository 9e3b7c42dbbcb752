import { join } from "node:path";
import type { Clock, EffectiveSetting, Log } from "@busbar/daemon";
import type { Config } from "../config.ts";
import { RuntimeSettings } from "./runtime-settings.ts";
import type { FiledValue, SettingDefinition, SettingEffect } from "./setting-definition.ts";
import { readSettings } from "./settings-file.ts";

export interface ConfigurationOptions {
  /** What the daemon was started with. */
  readonly config: Config;
  readonly filedSettings: readonly EffectiveSetting[];
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

export interface RuntimeConfiguration {
  readonly settings: RuntimeSettings;
  /** Read it where it counts, each time: what may change at once is as it is now, the rest as at the start. */
  inForce(): Config;
  /** Files, environment and flags were read again. */
  refile(filedSettings: readonly EffectiveSetting[]): void;
}

/** Every other key counts from the next start on. */
const effects: Readonly<Record<string, SettingEffect>> = {
  queueLimit: "at-once",
  integrationTimeout: "at-once",
  retainOperations: "at-once",
  retainEvents: "at-once",
  logLevel: "at-once",
  // What it is and where it keeps what it knows: the stored settings themselves are found by these.
  natsUrl: "fixed",
  dataDir: "fixed",
  platform: "fixed",
  boardSocket: "fixed",
  runDir: "fixed",
};

const effectOf = (key: string): SettingEffect => effects[key] ?? "at-restart";

const pathIn = (dataDir: string): string => join(dataDir, "config.json");

/** What the next start takes, from what was changed at run time. What can't be read is reported once it is running. */
export async function storedConfiguration({ dataDir }: Pick<Config, "dataDir">): Promise<ReadonlyMap<string, string>> {
  const read = await readSettings(pathIn(dataDir));
  if (read.kind !== "read") return new Map();
  return new Map(Object.entries(read.record.values).filter(([key]) => effectOf(key) !== "fixed"));
}

export async function openConfiguration(options: ConfigurationOptions): Promise<RuntimeConfiguration> {
  const { config, filedSettings, clock, log } = options;
  const settings = await RuntimeSettings.open({
    name: "configuration",
    noun: "setting",
    path: pathIn(config.dataDir),
    definitions: filedSettings.map(definitionOf),
    filed: filedValues(filedSettings),
    conflicts: () => [],
    clock,
    log,
  });
  const rows = filedSettings.map(({ row }) => row);
  const read = (): Config => {
    const changed = rows
      .filter(({ path }) => effectOf(path) === "at-once")
      .map((row) => [row.path, row.fromText(settings.value(row.path))] as const);
    // Each value was parsed by its own row, which is what makes a Config.
    return Object.freeze({ ...config, ...Object.fromEntries(changed.filter(([, value]) => value !== undefined)) });
  };
  let inForce = read();
  settings.onChange = () => {
    inForce = read();
    log.level = settings.value("logLevel");
  };
  return { settings, inForce: () => inForce, refile: (reread) => settings.refile(filedValues(reread)) };
}

type Row = EffectiveSetting["row"];

function definitionOf({ row }: EffectiveSetting): SettingDefinition {
  return {
    key: row.path,
    description: `${row.doc}; ${row.rule}`,
    rule: row.rule,
    usual: spelled(row, row.fallback),
    effect: effectOf(row.path),
    spelling(text) {
      const value = row.fromText(text);
      return value === undefined ? undefined : spelled(row, value);
    },
    shown: (text) => (row.sensitive ? "********" : text.replace(/\/\/[^/]*@/, "//********@")),
  };
}

/** As flags take it; empty where nothing is set. */
function spelled(row: Row, value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : row.show(value);
}

const filedValues = (settings: readonly EffectiveSetting[]): ReadonlyMap<string, FiledValue> =>
  new Map(
    settings.map(({ row, value, source, origin }) => {
      const isPinned = origin === "environment" || origin === "flag";
      const filed = { text: spelled(row, value), isUsual: origin === "default", ...(isPinned && { pinnedBy: source }) };
      return [row.path, filed] as const;
    }),
  );
