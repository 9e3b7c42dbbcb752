import { BusbarError, nearMiss } from "@busbar/contracts";
import type { FiledValue, SettingDefinition } from "./setting-definition.ts";

export interface WantedChange {
  readonly values: Readonly<Record<string, string>>;
  /** Keys that go back to what the files say. */
  readonly reset: readonly string[];
}

interface Problem {
  readonly key: string;
  readonly code: "INVALID_ARGUMENT" | "FAILED_PRECONDITION";
  readonly what: string;
  readonly fix: string;
}

export interface KnownSettings {
  /** "policy", "setting" */
  readonly noun: string;
  readonly definitions: ReadonlyMap<string, SettingDefinition>;
  readonly filed: ReadonlyMap<string, FiledValue>;
  /** Run-time values in force. */
  readonly changed: Readonly<Record<string, string>>;
  /** What can't hold at the same time, given the value of each key. */
  readonly conflicts: (value: (key: string) => string) => readonly Omit<Problem, "code">[];
}

const shownLength = 64;
/** Each unknown key is compared with all known ones, on the thread that times pulses. */
const mostKeys = 100;

/**
 * The run-time values after a change, in their usual spelling.
 * @throws BusbarError INVALID_ARGUMENT listing everything that is wrong, FAILED_PRECONDITION when all is well written but
 * something of it can't be changed at run time
 */
export function checkedChange(wanted: WantedChange, known: KnownSettings): Readonly<Record<string, string>> {
  const { definitions, filed } = known;
  const assigned = Object.entries(wanted.values);
  const named = assigned.length + wanted.reset.length;
  if (named === 0 || named > mostKeys) {
    throw new BusbarError("INVALID_ARGUMENT", `the request names ${named} keys to change`, {
      reason: "settings",
      remedy: `name 1 to ${mostKeys}`,
    });
  }
  const problems: Problem[] = [];
  const after = new Map(Object.entries(known.changed));
  const reset = new Set(wanted.reset);
  for (const key of [...assigned.map(([name]) => name), ...reset]) {
    const problem = changeable(key, known);
    if (problem) problems.push(problem);
  }
  for (const key of reset) {
    if (Object.hasOwn(wanted.values, key)) problems.push(invalid(key, "is both set and reset", "do one of the two"));
    after.delete(key);
  }
  for (const [key, text] of assigned) {
    const definition = definitions.get(key);
    if (definition === undefined || definition.effect === "fixed") continue;
    const spelled = definition.spelling(text);
    if (spelled !== undefined) after.set(key, spelled);
    else {
      const given = JSON.stringify(text.slice(0, shownLength));
      problems.push(
        invalid(key, `${given} must be ${definition.rule}`, `correct it, for instance ${definition.usual}`),
      );
    }
  }
  if (problems.length === 0) {
    const valueAfter = (key: string) => after.get(key) ?? filed.get(key)?.text ?? "";
    problems.push(
      ...known.conflicts(valueAfter).map((conflict) => ({ ...conflict, code: "INVALID_ARGUMENT" as const })),
    );
  }
  if (problems.length > 0) throw refused(problems);
  return Object.fromEntries(after);
}

function changeable(key: string, { noun, definitions, filed }: KnownSettings): Problem | undefined {
  const definition = definitions.get(key);
  if (definition === undefined) {
    const name = key.slice(0, shownLength);
    const meant = nearMiss(name, definitions.keys());
    return invalid(name, `there is no such ${noun}`, meant === undefined ? "list them" : `did you mean ${meant}?`);
  }
  if (definition.effect === "fixed") {
    return {
      key,
      code: "FAILED_PRECONDITION",
      what: "can't be changed while powermgr runs",
      fix: "change it in the configuration file, the environment or a flag, and restart powermgr",
    };
  }
  const pinnedBy = filed.get(key)?.pinnedBy;
  if (pinnedBy === undefined) return undefined;
  return {
    key,
    code: "FAILED_PRECONDITION",
    what: `is given by ${pinnedBy}, which wins over what is changed at run time`,
    fix: "change it there, or take it away there and restart powermgr",
  };
}

const invalid = (key: string, what: string, fix: string): Problem => ({ key, code: "INVALID_ARGUMENT", what, fix });

function refused(problems: readonly Problem[]): BusbarError {
  const lines = problems.map(({ key, what, fix }) => `${key}: ${what}; ${fix}`);
  const [first] = problems;
  const only = problems.length === 1 ? first : undefined;
  const code = problems.some((problem) => problem.code === "INVALID_ARGUMENT")
    ? "INVALID_ARGUMENT"
    : "FAILED_PRECONDITION";
  const message = only ? `${only.key}: ${only.what}` : `${lines.length} problems:\n${lines.join("\n")}`;
  return new BusbarError(code, message, {
    reason: "settings",
    remedy: only?.fix ?? "correct all of them; nothing was changed",
    details: Object.fromEntries(problems.map(({ key, what, fix }) => [key, `${what}; ${fix}`])),
  });
}
