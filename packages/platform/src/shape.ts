import { inspect } from "node:util";
import { nearMiss } from "@busbar/contracts";
import type { core } from "zod/mini";
import type { Path, Problems } from "./problems.ts";
import { type PlatformFile, platformFile } from "./schema.ts";

/**
 * Checks what each key holds and reports what is wrong. Returns what is right, so that the rules which compare keys
 * run in the same round; `problems` knows which places are in doubt.
 */
export function checkShape(value: unknown, problems: Problems): PlatformFile {
  const result = platformFile.safeParse(value);
  if (result.success) return result.data;
  for (const issue of inOrderOfBlame(result.error.issues)) report(issue, value, problems);

  let rest = prune(value, result.error.issues);
  for (;;) {
    const next = platformFile.safeParse(rest);
    if (next.success) return next.data;
    rest = prune(rest, next.error.issues);
  }
}

type Issue = core.$ZodIssue;

/** A misspelt key explains why the right one is missing, so it goes first. */
const inOrderOfBlame = (issues: readonly Issue[]): Issue[] =>
  issues.toSorted((a, b) => Number(b.code === "unrecognized_keys") - Number(a.code === "unrecognized_keys"));

function report(issue: Issue, root: unknown, problems: Problems, at: Path = []): void {
  const path = [...at, ...issue.path];
  switch (issue.code) {
    case "unrecognized_keys":
      for (const key of issue.keys) {
        const known = issue.message.split(", ");
        const meant = nearMiss(key, known);
        if (meant !== undefined) problems.doubt([...path, meant]);
        const fix = meant === undefined ? `known here: ${issue.message}` : `did you mean "${meant}"?`;
        problems.add([...path, key], `unknown key ${JSON.stringify(key)}`, fix, "key");
      }
      return;
    case "invalid_key":
      problems.add(path, `${JSON.stringify(path.at(-1))} can't be a name here`, issue.issues[0]?.message ?? "", "key");
      return;
    case "invalid_union": {
      // The branch that got deeper into the value is the one its author meant.
      const meant = issue.errors.find((branch) => branch.some((each) => each.path.length > 0));
      if (meant === undefined) problems.add(path, complaint(valueAt(root, path)), issue.message);
      else for (const each of meant) report(each, root, problems, path);
      return;
    }
    default: {
      const value = valueAt(root, path);
      if (value === undefined && problems.isSuspect(path)) return;
      const what: unknown = issue.code === "custom" ? issue.params?.what : undefined;
      problems.add(
        path,
        typeof what === "string" && value !== null ? `${show(value)} ${what}` : complaint(value),
        issue.message,
      );
    }
  }
}

const complaint = (value: unknown): string => {
  if (value === undefined) return "is missing";
  return value === null ? "is empty" : `${show(value)} is not allowed here`;
};

function show(value: unknown): string {
  // Not JSON, in which a value that contains itself (an alias within its own anchor) can't be written.
  const text = typeof value === "string" ? JSON.stringify(value) : inspect(value, { depth: 2 }).replace(/\s+/g, " ");
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

const isTree = (value: unknown): value is Record<PropertyKey, unknown> => typeof value === "object" && value !== null;

const isMap = (value: unknown): value is Record<PropertyKey, unknown> => isTree(value) && !Array.isArray(value);

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, key) => (isTree(value) && Object.hasOwn(value, key) ? value[key] : undefined), root);

/** Takes out what the issues are about: the key itself, or, where a needed key is missing, the map that needs it. */
function prune(value: unknown, issues: readonly Issue[]): unknown {
  const root = complete(structuredClone(value));
  const paths = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  // What `complete` gave is no longer missing.
  const wrong = paths.filter((path) => valueAt(value, path) !== undefined || valueAt(root, path) === undefined);
  // All are looked up before the first is taken out: what is missing from a map that is gone would blame the next one.
  for (const { map, key } of wrong.flatMap((path) => entryOf(root, path) ?? [])) delete map[key];
  return complete(root);
}

/** Gives a file its upper keys, so that what is there of it can be checked without what is not. */
function complete(value: unknown): Record<string, unknown> {
  const file = { platform: "unnamed", tried: false, gpio: {}, domains: {}, ...(isMap(value) ? value : {}) };
  return { ...file, gpio: isMap(file.gpio) ? { chips: {}, lines: {}, ...file.gpio } : file.gpio };
}

/** The entry of a map that `path` leads to, or is in. */
function entryOf(root: unknown, path: Path): { map: Record<PropertyKey, unknown>; key: PropertyKey } | undefined {
  const key = path.at(-1);
  if (key === undefined) return undefined;
  const map = valueAt(root, path.slice(0, -1));
  return isMap(map) && Object.hasOwn(map, key) ? { map, key } : entryOf(root, path.slice(0, -1));
}
