import type { SettingRow } from "./setting-rows.ts";

/** A value that somebody gave as text, and where. */
export interface Given {
  readonly row: SettingRow;
  readonly text: string;
  /** `flag --log-level`, `environment BUSBAR_LOG_LEVEL` */
  readonly where: string;
}

/** What is wrong with a configuration. */
export interface Problem {
  readonly where: string;
  readonly what: string;
  readonly fix: string;
}

export const shownProblem = ({ where, what, fix }: Problem): string => `${where}: ${what}; ${fix}`;

const shownLength = 64;

/** A value that breaks its key's rule; a secret isn't repeated. */
export function badValue(row: SettingRow, value: unknown, where: string): Problem {
  const shown = row.sensitive ? "the value" : (JSON.stringify(value) ?? String(value)).slice(0, shownLength);
  const instead = row.fallback === null || row.sensitive ? "" : `, for instance ${row.show(row.fallback)}`;
  return { where: `${where} (${row.path})`, what: `${shown} must be ${row.rule}`, fix: `correct it${instead}` };
}
