import { nearMiss } from "@busbar/contracts";
import type { Given, Problem } from "./given.ts";
import type { SettingRow } from "./setting-rows.ts";

/** What a daemon is asked to do. */
export type Mode = "run" | "help" | "version" | "print-config" | "check-config";

export interface CommandLine {
  readonly mode: Mode;
  readonly file: string | undefined;
  readonly given: readonly Given[];
  readonly problems: readonly Problem[];
}

const modes: ReadonlyMap<string, Mode> = new Map([
  ["--help", "help"],
  ["-h", "help"],
  ["--version", "version"],
  ["--print-config", "print-config"],
  ["--check-config", "check-config"],
]);

const configFlag = "--config";

/** Reads `--flag value`, `--flag=value`, and `--flag` and `--no-flag` for booleans. Later ones win. */
export function readCommandLine(argv: readonly string[], rows: readonly SettingRow[]): CommandLine {
  const byFlag = new Map(rows.map((row) => [row.flag, row]));
  const known = [...byFlag.keys(), ...modes.keys(), configFlag];
  const given: Given[] = [];
  const problems: Problem[] = [];
  let mode: Mode = "run";
  let file: string | undefined;

  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const name = equals < 0 ? word : word.slice(0, equals);
    const attached = equals < 0 ? undefined : word.slice(equals + 1);
    const asked = modes.get(name);
    const row = byFlag.get(name);
    const negated = name.startsWith("--no-") ? byFlag.get(`--${name.slice("--no-".length)}`) : undefined;

    const value = (): string | undefined => {
      if (attached !== undefined) return attached;
      const next = argv[at + 1];
      if (next === undefined || next.startsWith("--")) {
        problems.push({ where: `flag ${name}`, what: "needs a value", fix: `write ${name} VALUE` });
        return undefined;
      }
      at += 1;
      return next;
    };

    if (asked !== undefined && attached === undefined) {
      mode = mode === "help" ? mode : asked;
    } else if (name === configFlag) {
      file = value() ?? file;
    } else if (row?.isBoolean && attached === undefined) {
      given.push({ row, text: "true", where: `flag ${name}` });
    } else if (negated?.isBoolean && attached === undefined) {
      given.push({ row: negated, text: "false", where: `flag ${name}` });
    } else if (row !== undefined) {
      const text = value();
      if (text !== undefined) given.push({ row, text, where: `flag ${name}` });
    } else {
      const meant = name.startsWith("-") ? nearMiss(name, known) : undefined;
      const what = name.startsWith("-") ? "there is no such flag" : "is no flag, and nothing else is taken";
      problems.push({
        where: name.startsWith("-") ? `flag ${name}` : `"${name}"`,
        what,
        fix: meant ? `did you mean ${meant}?` : "see --help",
      });
    }
  }
  return { mode, file, given, problems };
}
