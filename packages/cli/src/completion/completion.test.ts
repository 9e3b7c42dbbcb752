import { spawnSync } from "node:child_process";
import { describe, expect, it, test } from "vitest";
import { buildProgram } from "../program.ts";
import { fakeSurroundings } from "../testing/fake-surroundings.ts";
import { bashCompletion } from "./bash.ts";
import { commandTree, nodesIn, wordsAt } from "./command-tree.ts";
import { fishCompletion } from "./fish.ts";
import { zshCompletion } from "./zsh.ts";

const tree = commandTree(buildProgram(fakeSurroundings(), () => {}));

/** What bash itself would offer at the end of a command line. */
function offered(line: string): string[] {
  const words = line.split(" ");
  const script = `${bashCompletion(tree)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_busbar
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.split("\n").filter((word) => word !== "");
}

describe("bash completes", () => {
  test.each([
    ["busbar ch", ["chassis"]],
    ["busbar host f", ["force-off", "force-restart"]],
    ["busbar board fault set power-good-s", ["power-good-stuck", "power-good-slow"]],
    ["busbar completion ", ["bash", "zsh", "fish"]],
    ["busbar host on 0 --w", ["--wait"]],
    ["busbar host on --wait --re", ["--request-id"]],
    ["busbar status --output ", ["table", "json"]],
    ["busbar --output json stat", ["status"]],
    ["busbar --data-dir host op", ["operations"]],
    ["busbar host on 0 --timeout ", []],
    ["busbar operations ", ["list", "get", "abort"]],
    ["busbar explain h", ["host"]],
    ["busbar emergency off --r", ["--reason"]],
    ["busbar xyz", []],
  ])("%s", (line, words) => {
    expect(offered(line)).toEqual(words);
  });

  it("files where a file is meant", () => {
    expect(offered("busbar platform check /etc/host")).toContain("/etc/hosts");
  });
});

test("every command and every flag of it is in each script", () => {
  for (const script of [bashCompletion(tree), zshCompletion(tree), fishCompletion(tree)]) {
    for (const node of nodesIn(tree)) {
      expect(script).toContain(node.path);
      for (const word of wordsAt(node)) expect(script).toContain(word);
      for (const flag of node.flags) expect(script).toContain(flag.name.slice(2));
    }
  }
});

test("zsh gets bash's function, with what makes zsh understand it", () => {
  expect(zshCompletion(tree)).toMatch(/^autoload -Uz bashcompinit && bashcompinit\n_busbar\(\)/);
});

test("fish's lines are whole, whatever a description holds", () => {
  const lines = fishCompletion(tree).split("\n");
  const odd = lines.filter((line) => (line.replace(/\\./g, "").match(/'/g)?.length ?? 0) % 2 === 1);
  expect(odd).toEqual([]);
  expect(fishCompletion(tree)).toContain("-d 'what works and what doesn\\'t; fails unless everything does'");
});
