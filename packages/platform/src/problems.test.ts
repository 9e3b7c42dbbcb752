import { describe, expect, it } from "vitest";
import { type Edit, edited, refusal } from "./testing/platform-text.ts";

describe("a refusal", () => {
  it("has the fix as its remedy and the place as the key of its details", () => {
    const error = refusal(edited(["output: latched, active: high", "output: latched"]));
    expect(error.remedy).toBe("write active: low or active: high, as the schematic has it");
    expect(Object.keys(error.details)).toEqual(["gpio.lines.rail-enable.active"]);
  });

  it("names all mistakes of a file together, in the order of the file", () => {
    const error = refusal(
      edited(
        ["tried: true", "tried: perhaps"],
        ["rail-enable: { chip: main", "rail-enable: { chip: mian"],
        ["rail-good: { chip: main, input: true, active: high }", "rail-good: { chip: main, input: true }"],
        ["reset-button-0 }", "reset-buton-0 }"],
        ["all: [power-good-0]", "all: [power-good-0, bmc-reset]"],
        ["[chassis.0]", "[chassis.0, host.7]"],
        ["press: 200ms, ", "pres: 200ms, powerGood: 5, "],
        ["forceHold: 4s", "forceHold: 2s"],
        ["system: systemd", "system: { resetLine: power-button-0 }"],
      ),
    );
    expect(error.message).toMatch(/^board\.yaml has 10 problems\n/);
    expect(error.remedy).toBe("correct the 10 places that the message lists");
    expect(Object.keys(error.details)).toEqual([
      "tried",
      "gpio.lines.rail-enable.chip",
      "gpio.lines.rail-good.active",
      "domains.host.0.backend.gpio.resetButton",
      "domains.host.0.powerGood.all.1",
      "domains.host.0.dependsOn.1",
      "domains.host.0.timing.pres",
      "domains.host.0.timing.powerGood",
      "domains.host.0.timing.forceHold",
      "domains.bmc.0.backend.system.resetLine",
    ]);
  });

  it("leaves out what only follows from another mistake", () => {
    const cases: readonly (readonly [Edit[], string[]])[] = [
      // A faulty line is still there for those who use it, and for the copies of those.
      [
        [
          ["power-good-0: { chip: main, input: true,", "power-good-0: { chip: main, input: 1,"],
          ["dependsOn:", "template: { count: 3 }\n    dependsOn:"],
        ],
        ["gpio.lines.power-good-0.input"],
      ],
      [
        [["rail-enable: { chip: main, output: latched, active: high }", "rail-enable: {}"]],
        ["gpio.lines.rail-enable.chip", "gpio.lines.rail-enable.active"],
      ],
      // So is a faulty domain, and what a faulty template would make.
      [[["all: [rail-good]", "all: 5"]], ["domains.chassis.0.powerGood.all"]],
      [
        [
          ["dependsOn:", "template: { count: x }\n    dependsOn:"],
          ["[rail-good] }", "[rail-good] }\n    dependsOn: [host.1]"],
        ],
        ["domains.host.0.template.count"],
      ],
      [
        [
          ["[chassis.0]", "[host.1]"],
          ["  bmc.0:", "  host.1: {}\n  bmc.0:"],
        ],
        ["domains.host.1.backend"],
      ],
      // The threshold that counts is unknown, so the hold is not held against the usual one.
      [
        [
          ["forceThreshold: 3s", "forcethreshold: 1500ms"],
          ["forceHold: 4s", "forceHold: 2s"],
        ],
        ["domains.host.0.timing.forcethreshold"],
      ],
      // Without lines or chips nothing that names them is wrong.
      [[["  lines:", "  wires:"]], ["gpio.lines", "gpio.wires"]],
      [[["  chips: {", "  chisp: {"]], ["gpio.chisp"]],
      [[["domains:", "domians:"]], ["domians"]],
      // A template's mistake is not repeated for each copy.
      [
        [
          ["powerButton: power-button-0", "powerButton: pwrbtn-0"],
          ["dependsOn:", "template: { count: 200 }\n    dependsOn:"],
        ],
        ["domains.host.0.backend.gpio.powerButton"],
      ],
    ];
    for (const [edits, places] of cases) expect(Object.keys(refusal(edited(...edits)).details)).toEqual(places);
  });

  it("shortens a long value", () => {
    const { message } = refusal(edited(["{ main: { simulated: board } }", `{ main: [${"board, ".repeat(100)}] }`]));
    expect(message).toContain(`gpio.chips.main: [ 'board', 'board',`);
    expect(message.length).toBeLessThan(300);
  });

  it("points into the text that an alias repeats", () => {
    const { message } = refusal(
      edited(
        [
          "power-button-0: { chip: main, output: momentary, active: low }",
          "power-button-0: &button { chip: main, output: momentary, active: 5 }",
        ],
        ["reset-button-0: { chip: main, output: momentary, active: low }", "reset-button-0: *button"],
      ),
    );
    expect(message).toContain("board.yaml:6:70: gpio.lines.power-button-0.active: 5 is");
    expect(message).toContain("board.yaml:6:70: gpio.lines.reset-button-0.active: 5 is");
  });
});
