import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endpoints } from "@busbar/contracts";
import { expect, test } from "vitest";

// docs/powermgr.md says where each promise of the source document is kept, and which test proves it.

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = readFileSync(join(root, "docs/powermgr.md"), "utf8");
const [before = "", table = ""] = text.split("## What was promised, and where it is");

interface Row {
  readonly promise: string;
  readonly place: string;
  readonly proof: string;
}

const rows: Row[] = table.split("\n").flatMap((line) => {
  const [, promise = "", place = "", proof = "", ...rest] = line.split("|").map((cell) => cell.trim());
  const isRow = line.startsWith("|") && promise !== "promise" && !/^-+$/.test(promise);
  if (isRow) expect(rest, line).toEqual([""]);
  return isRow ? [{ promise, place, proof }] : [];
});

const isOpen = ({ proof }: Row): boolean => /\bopen\b/.test(proof.replace(/`[^`]*`/g, ""));

const filesIn = (cell: string): string[] =>
  [...cell.matchAll(/`((?:packages|services|platforms|test|docs)\/[^`]+)`/g)].map(([, path]) => path ?? "");

test("every promise has a place, and one that is not open has a test that exists", () => {
  expect(rows.length).toBeGreaterThan(80);
  for (const { promise, place, proof } of rows) {
    expect(promise.length, place).toBeGreaterThan(0);
    expect(place.length, promise).toBeGreaterThan(0);
    for (const path of filesIn(proof)) expect(existsSync(join(root, path)), `${promise}: ${path}`).toBe(true);
  }
  const unproven = rows.filter((row) => !isOpen(row) && filesIn(row.proof).length === 0);
  expect(unproven).toEqual([]);
});

test("every file that a kept promise names exists", () => {
  const missing = rows
    .filter((row) => !isOpen(row))
    .flatMap(({ place }) => filesIn(place))
    .filter((path) => !existsSync(join(root, path)));
  expect(missing).toEqual([]);
});

test("the rows that are open are few enough to be counted, and say so", ({ annotate }) => {
  const open = rows.filter(isOpen);
  void annotate(`${open.length} of ${rows.length} promises are open`);
  for (const { proof, promise } of open) expect(proof, promise).toMatch(/\bopen(?:: comes with PMBus)?$/);
});

test("the subjects that it lists are served", () => {
  const served: readonly { readonly subject: string }[] = Object.values(endpoints).flat();
  const subjects = new Set(served.map(({ subject }) => subject));
  const named = [...before.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(powermgr\.[a-z._]+)`/g)].map(([, subject]) => subject ?? ""),
  );
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((subject) => !subjects.has(subject))).toEqual([]);
});
