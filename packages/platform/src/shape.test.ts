import { describe, expect, test } from "vitest";
import { complaints, edited, type Mistake, refusal } from "./testing/platform-text.ts";

const mistakes: readonly Mistake[] = [
  [
    "a misspelt key",
    [["press: 200ms", "pres: 200ms"]],
    [`20:15: domains.host.0.timing.pres: unknown key "pres"; did you mean "press"?`],
  ],
  [
    "a misspelt key is why the right one is missing",
    [["tried:", "tryed:"]],
    [`2:1: tryed: unknown key "tryed"; did you mean "tried"?`],
  ],
  [
    "a key that is like no other",
    [["tried: true", "tried: true\nracks: {}"]],
    [`3:1: racks: unknown key "racks"; known here: platform, tried, gpio, domains, policies, zones`],
  ],
  [
    "a key of a later version",
    [["output: latched,", "output: latched, drive: open-drain,"]],
    [
      `9:49: gpio.lines.rail-enable.drive: unknown key "drive"; known here: chip, active, output, input, bias, debounce`,
    ],
  ],
  [
    "a number without a unit",
    [["200ms", "200"]],
    [
      `20:22: domains.host.0.timing.press: 200 is not a duration; write a number and its unit (ms, s, m): 10ms to 5s (usual: 200ms)`,
    ],
  ],
  [
    "a duration in words",
    [["200ms", "0.2 seconds"]],
    [
      `20:22: domains.host.0.timing.press: "0.2 seconds" is not a duration; write a number and its unit (ms, s, m): 10ms to 5s (usual: 200ms)`,
    ],
  ],
  [
    "a duration below its range",
    [["200ms", "5ms"]],
    [`20:22: domains.host.0.timing.press: "5ms" is too short; keep it in 10ms to 5s (usual: 200ms)`],
  ],
  [
    "a duration above its range",
    [["forceHold: 4s", "forceHold: 2m"]],
    [`20:40: domains.host.0.timing.forceHold: "2m" is too long; keep it in 1.2s to 1m (usual: 15s)`],
  ],
  [
    "a key with nothing after it",
    [["press: 200ms", "press:"]],
    [`20:21: domains.host.0.timing.press: is empty; write a number and its unit (ms, s, m): 10ms to 5s (usual: 200ms)`],
  ],
  [
    "a chip of Linux",
    [["simulated: board", "path: /dev/gpiochip0"]],
    [
      `4:18: gpio.chips.main: { path: '/dev/gpiochip0' } is not allowed here; write { simulated: <name of a board> }: this version has no driver yet for chips by path or label`,
    ],
  ],
  [
    "a component of no kind that has power",
    [["  bmc.0:", "  psu.0:"]],
    [`21:3: domains.psu.0: "psu.0" can't be a name here; name a component as kind.index: host.0, chassis.0 or bmc.0`],
  ],
  [
    "a component with two spellings",
    [["  bmc.0:", "  bmc.00:"]],
    [`21:3: domains.bmc.00: "bmc.00" can't be a name here; name a component as kind.index: host.0, chassis.0 or bmc.0`],
  ],
  [
    "as many operations at once as none",
    [["tried: true", "tried: true\npolicies: { safety: { maxConcurrentOperations: 0 } }"]],
    [`3:48: policies.safety.maxConcurrentOperations: 0 is not allowed here; write a whole number from 1 to 256`],
  ],
  [
    "a platform without a name",
    [["platform: bench\n", ""]],
    [`1:1: platform: is missing; write a name of lower-case letters, digits and dashes`],
  ],
  [
    "a platform that may have been tried",
    [["tried: true", "tried: maybe"]],
    [
      `2:8: tried: "maybe" is not allowed here; write tried: true once this file has worked on its board, tried: false until then`,
    ],
  ],
  [
    "a list where a map belongs",
    [["{ main: { simulated: board } }", "[main]"]],
    [`4:10: gpio.chips: [ 'main' ] is not allowed here; write a map from a chip's name to what it is`],
  ],
];

describe("the shape of a file is refused for", () => {
  test.each(mistakes)("%s", (_, edits, found) => {
    expect(complaints(edited(...edits))).toEqual(found);
  });
});

test.each([
  ["", "board.yaml:1:1: is empty; write a map of platform, tried, gpio, domains, policies, zones"],
  ["# only a comment\n", "board.yaml:1:1: is empty; write a map of platform, tried, gpio, domains, policies, zones"],
  [
    "- platform\n",
    "board.yaml:1:1: [ 'platform' ] is not allowed here; write a map of platform, tried, gpio, domains, policies, zones",
  ],
  [
    "platform",
    'board.yaml:1:1: "platform" is not allowed here; write a map of platform, tried, gpio, domains, policies, zones',
  ],
])("the text %j is refused as a whole", (text, message) => {
  expect(refusal(text).message).toBe(message);
});

test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("a key named %s is as unknown as any", (key) => {
  expect(refusal(edited(["tried: true", `tried: true\n${key}: {}`])).message).toContain(`unknown key "${key}"`);
  expect(refusal(edited(["rail-enable }", `${key} }`])).code).toBe("INVALID_ARGUMENT");
});

test("a platform without domains has nothing to control", () => {
  expect(complaints("platform: x\ntried: true\ngpio: { chips: {}, lines: {} }\ndomains: {}\n")).toEqual([
    "4:10: domains: is empty; define at least one domain",
  ]);
});
