import { describe, expect, test } from "vitest";
import { complaints, edited, type Mistake, refusal } from "./testing/platform-text.ts";

const mistakes: readonly Mistake[] = [
  [
    "a key twice",
    [["tried: true", "tried: true\ntried: false"]],
    [`3:1: the key "tried" is there twice; keep one of the two`],
  ],
  [
    "a key twice, and what else is wrong with it",
    [["tried: true", "tried: 1\ntried: true\npolicies: 5"]],
    [
      `3:1: the key "tried" is there twice; keep one of the two`,
      "4:11: policies: 5 is not allowed here; write a map of safety, sequencing, emergency, thermal, environment",
    ],
  ],
  [
    "a key that is a number",
    [["tried: true", "tried: true\n5: five"]],
    [`3:1: 5: unknown key "5"; known here: platform, tried, gpio, domains, policies, zones`],
  ],
  [
    "a tag that YAML does not have",
    [["chassis.0]", "!sure chassis.0]"]],
    [`19:17: Unresolved tag: !sure; correct the YAML here or just before`],
  ],
  [
    "a bracket that is never closed",
    [["[rail-good]", "[rail-good"]],
    [
      `15:34: Flow sequence in block collection must be sufficiently indented and end with a ]; correct the YAML here or just before`,
      `16:3: Flow map in block collection must be sufficiently indented and end with a }; correct the YAML here or just before`,
    ],
  ],
  [
    "a second document",
    [["domains:", "---\ndomains:"]],
    [`12:1: a second document begins; keep one document in the file`],
  ],
];

describe("YAML is refused for", () => {
  test.each(mistakes)("%s", (_, edits, found) => {
    expect(complaints(edited(...edits))).toEqual(found);
  });
});

test("aliases that would expand without bound are refused, not expanded", () => {
  const levels = [
    "a0: &a0 [x]",
    ...Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(10)}]`),
  ];
  expect(refusal(levels.join("\n")).message).toMatch(/alias count.*write the values out/);
});

test("an anchor that contains itself is refused", () => {
  expect(refusal(edited(["{ main: {", "&all { main: *all, other: {"], ["board } }", "board } }"])).message).toContain(
    "gpio.chips.main: <ref *1>",
  );
});
