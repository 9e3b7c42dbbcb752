import { readFileSync } from "node:fs";
import { componentKinds, errorCodes, isErrorCode, verbOf } from "@busbar/contracts";
import { expect, test } from "vitest";
import { actionWords, questionBefore } from "./commands/component-actions.ts";
import { commandTree, type Node, nodesIn } from "./completion/command-tree.ts";
import { interruptedExit } from "./interrupted.ts";
import { buildProgram } from "./program.ts";
import { fakeSurroundings } from "./testing/fake-surroundings.ts";

// The tables of docs/cli.md are made of what they describe. When one of these fails, put what is expected into the page.

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

/** What stands between `<!-- name -->` and `<!-- /name -->`. */
function section(name: string): string {
  const [, text] = new RegExp(`<!-- ${name} -->\n([\\s\\S]*?)<!-- /${name} -->`).exec(page) ?? [];
  if (text === undefined) throw new Error(`docs/cli.md has no section ${name}`);
  return text;
}

const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  [headings, headings.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");

/** Options of the program itself, which the page has elsewhere. */
const everywhere = new Set(["--help", "--version", "--output", "--no-color", "--nats-url", "--data-dir"]);

const code = (text: string) => `\`${text}\``;

test("the page has every command", () => {
  const tree = commandTree(buildProgram(fakeSurroundings(), () => {}));
  const actions = new Set(
    componentKinds.flatMap((kind) => actionWords(kind).map(({ word }) => `busbar ${kind} ${word}`)),
  );
  const leaves = nodesIn(tree).filter(({ commands, path }) => commands.length === 0 && !actions.has(path));
  const options = ({ flags }: Node) => flags.map(({ name }) => name).filter((name) => !everywhere.has(name));
  const acts = componentKinds
    .toReversed()
    .map((kind) => [
      code(`busbar ${kind} <action> <n>`),
      "`--wait` `--timeout` `--request-id` `--override` `--yes`",
      "carry out an action (below)",
    ]);
  const rows = leaves.map((leaf) => [code(leaf.usage), options(leaf).map(code).join(" "), leaf.description]);
  expect(section("commands")).toBe(table(["command", "options", "what it does"], [...acts, ...rows]));
});

test("the page has every action of every kind", () => {
  const rows = componentKinds
    .toReversed()
    .flatMap((kind) =>
      actionWords(kind).map(({ action, word }) => [
        code(`${kind} ${word}`),
        code(action),
        verbOf(action) === undefined ? "no" : "yes",
        questionBefore(action) ?? "",
      ]),
    );
  expect(section("actions")).toBe(table(["command", "action", "carried out", "asks first, because"], rows));
});

test("the page has every exit code", () => {
  const byExit = new Map<number, string[]>([[0, ["success, also of a no-op"]]]);
  for (const name of Object.keys(errorCodes).filter(isErrorCode)) {
    const { exit } = errorCodes[name];
    byExit.set(exit, [...(byExit.get(exit) ?? []), code(name)]);
  }
  byExit.set(interruptedExit, ["Ctrl-C (`INTERRUPTED`)"]);
  const rows = [...byExit].toSorted(([a], [b]) => a - b).map(([exit, codes]) => [String(exit), codes.join(", ")]);
  expect(section("exit codes")).toBe(table(["exit code", "when"], rows));
});
