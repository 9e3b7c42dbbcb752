import { describe, expect, it, test } from "vitest";
import { painted, unpainted } from "./style.ts";
import { facts, table } from "./table.ts";

describe("a table", () => {
  it("has columns as wide as their widest cell, and a dash for what there is nothing to say of", () => {
    const rows = [
      ["host.0", "on"],
      ["a", undefined],
    ];
    expect(table(["NAME", "STATUS"], rows, unpainted)).toEqual(["NAME    STATUS", "host.0  on", "a       -"]);
  });

  it("keeps its columns under colour: codes take no room", () => {
    const [, row] = table(["NAME", "STATUS"], [[{ text: "on", tone: "good" }, "x"]], painted);
    expect(row).toBe("\u001b[32mon\u001b[0m    x");
  });

  it("never lets a peer's text steer the terminal or break a row", () => {
    const [, row] = table(["MESSAGE"], [["red\u001b[31m\nnext\r\nline\u202e"]], unpainted);
    expect(row).toBe("red\u{fffd}[31m; next; line\u{fffd}");
  });
});

test("facts leave out what has no value", () => {
  const pairs = [
    ["a", "1"],
    ["long", undefined],
    ["b", { text: "2", tone: "plain" }],
  ] as const;
  expect(facts(pairs, unpainted)).toEqual(["a  1", "b  2"]);
});
