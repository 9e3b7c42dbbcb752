import { describe, expect, test } from "vitest";
import { mayColour } from "./style.ts";

describe("colour", () => {
  const wish = { isTerminal: true, wanted: true, env: { TERM: "xterm" } };
  test.each([
    ["a terminal", wish, true],
    ["a pipe", { ...wish, isTerminal: false }, false],
    ["--no-color", { ...wish, wanted: false }, false],
    ["NO_COLOR", { ...wish, env: { NO_COLOR: "1" } }, false],
    ["an empty NO_COLOR", { ...wish, env: { NO_COLOR: "" } }, true],
    ["a dumb terminal", { ...wish, env: { TERM: "dumb" } }, false],
  ])("on %s: %s", (_, given, expected) => {
    expect(mayColour(given)).toBe(expected);
  });
});
