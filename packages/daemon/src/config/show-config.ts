import type { EffectiveSetting } from "./load-config.ts";
import type { SettingRow } from "./setting-rows.ts";

const mask = "********";

/** One line per key: its value, and who set it. */
export function shownConfig(settings: readonly EffectiveSetting[]): string {
  const shown = settings.map(({ row, value, source }) => {
    const isHidden = row.sensitive && value !== null;
    return { left: `${row.path} = ${isHidden ? mask : row.show(value)}`, source };
  });
  const width = Math.max(0, ...shown.map(({ left }) => left.length));
  return shown.map(({ left, source }) => `${left.padEnd(width)}  # ${source}\n`).join("");
}

export interface HelpText {
  readonly name: string;
  readonly version: string;
  readonly summary?: string;
}

const ownFlags: readonly (readonly [string, string])[] = [
  ["--config FILE", "read settings from a JSON file; environment and flags win over it"],
  ["--print-config", "show every setting, and where it comes from, and end"],
  ["--check-config", "end with 0 when the configuration is good, with 2 and what is wrong when it isn't"],
  ["--version", "show the version and end"],
  ["--help", "show this and end"],
];

export function shownHelp({ name, version, summary }: HelpText, rows: readonly SettingRow[]): string {
  const head = `${name} ${version}${summary === undefined ? "" : `: ${summary}`}\n\nUsage: ${name} [flags]\n\n`;
  const settings = rows.map((row) => {
    const fallback = row.required ? "required" : `default ${row.show(row.fallback)}`;
    return `  ${row.flag}${row.isBoolean ? "" : " VALUE"}\n      ${row.doc}\n      ${row.rule}; ${fallback}; ${row.variable}; "${row.path}" in files\n`;
  });
  const own = ownFlags.map(([flag, doc]) => `  ${flag}\n      ${doc}\n`);
  return `${head}${[...settings, ...own].join("")}`;
}
