import { describe, expect, test } from "vitest";
import { complaints, edited, type Mistake } from "./testing/platform-text.ts";

const mistakes: readonly Mistake[] = [
  [
    "a line that is not there",
    [["powerButton: power-button-0", "powerButton: power-buton-0"]],
    [
      `17:37: domains.host.0.backend.gpio.powerButton: "power-buton-0" is not among gpio.lines; did you mean "power-button-0"? Otherwise define it there`,
    ],
  ],
  [
    "a line that is like no other",
    [["enable: rail-enable }", "enable: p12v }"]],
    [`14:32: domains.chassis.0.backend.gpio.enable: "p12v" is not among gpio.lines; define it there`],
  ],
  [
    "a momentary line as rail enable",
    [["enable: rail-enable }", "enable: bmc-reset }"]],
    [
      `14:32: domains.chassis.0.backend.gpio.enable: "bmc-reset" is a momentary output, but a rail enable has to be latched, or what it enables drops when Busbar stops; use another line, or define this one with output: latched`,
    ],
  ],
  [
    "a latched line as button",
    [["powerButton: power-button-0", "powerButton: rail-enable"]],
    [
      `17:37: domains.host.0.backend.gpio.powerButton: "rail-enable" is a latched output, but a power button has to be momentary, released after use; use another line, or define this one with output: momentary`,
    ],
  ],
  [
    "an input as button",
    [["powerButton: power-button-0", "powerButton: power-good-0"]],
    [
      `17:37: domains.host.0.backend.gpio.powerButton: "power-good-0" is an input, but a power button has to be momentary, released after use; use another line, or define this one with output: momentary`,
    ],
  ],
  [
    "an input as force-off line",
    [["resetButton: reset-button-0", "forceOff: rail-good"]],
    [
      `17:63: domains.host.0.backend.gpio.forceOff: "rail-good" is an input, but a force-off line has to be momentary, released after use; use another line, or define this one with output: momentary`,
    ],
  ],
  [
    "a latched line as the BMC's reset",
    [["system: systemd", "system: { resetLine: rail-enable }"]],
    [
      `22:37: domains.bmc.0.backend.system.resetLine: "rail-enable" is a latched output, but a reset line has to be momentary, released after use; use another line, or define this one with output: momentary`,
    ],
  ],
  [
    "an output as power-good",
    [["all: [power-good-0]", "all: [bmc-reset]"]],
    [
      `18:24: domains.host.0.powerGood.all.0: "bmc-reset" is a momentary output, but a power-good has to be an input: an output shows what we drive, not what the board does; use another line, or define this one with input: true`,
    ],
  ],
  [
    "one line for two purposes of a domain",
    [["resetButton: reset-button-0", "resetButton: power-button-0"]],
    [
      `17:66: domains.host.0.backend.gpio.resetButton: "power-button-0" as reset button of host.0 already serves as power button of host.0; give each purpose a line of its own`,
    ],
  ],
  [
    "one power-good for two domains",
    [["all: [power-good-0]", "all: [power-good-0, rail-good]"]],
    [
      `18:38: domains.host.0.powerGood.all.1: "rail-good" as power-good of host.0 already serves as power-good of chassis.0; give each purpose a line of its own`,
    ],
  ],
];

describe("the use of a line is refused for", () => {
  test.each(mistakes)("%s", (_, edits, found) => {
    expect(complaints(edited(...edits))).toEqual(found);
  });
});
