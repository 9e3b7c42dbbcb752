import { describe, expect, it } from "vitest";
import { FakeScreen } from "../testing/fake-surroundings.ts";
import { Printer } from "./printer.ts";
import { unpainted } from "./style.ts";

describe("a result", () => {
  const shown = { json: { a: [1] }, lines: () => ["a 1"] };

  it("is a table or a document", () => {
    const screens = [new FakeScreen(), new FakeScreen()] as const;
    new Printer(screens[0], "table", unpainted).show(shown);
    new Printer(screens[1], "json", unpainted).show(shown);
    expect(screens.map(({ text }) => text)).toEqual(["a 1\n", '{\n  "a": [\n    1\n  ]\n}\n']);
  });

  it("of a row of them is one line", () => {
    const screen = new FakeScreen();
    const printer = new Printer(screen, "json", unpainted);
    printer.record(shown);
    printer.record(shown);
    expect(screen.text).toBe('{"a":[1]}\n{"a":[1]}\n');
  });
});
