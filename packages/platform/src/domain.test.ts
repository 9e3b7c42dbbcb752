import { describe, expect, test } from "vitest";
import { complaints, edited, type Mistake } from "./testing/platform-text.ts";

const mistakes: readonly Mistake[] = [
  [
    "a switched domain without power-good",
    [["    powerGood: { all: [rail-good] }\n", ""]],
    [
      `14:5: domains.chassis.0.powerGood: names no line: without one nothing shows whether there is power; write powerGood: { all: [<input lines>] } or { any: [<input lines>] }`,
    ],
  ],
  [
    "a power-good of no lines",
    [["all: [rail-good]", "all: []"]],
    [`15:23: domains.chassis.0.powerGood.all: [] is not allowed here; name at least one line`],
  ],
  [
    "a power-good of all and any",
    [["all: [rail-good]", "all: [rail-good], any: [rail-good]"]],
    [`15:5: domains.chassis.0.powerGood: has both all and any; keep one of the two`],
  ],
  [
    "a backend that names nothing",
    [["gpio: { enable: rail-enable }", "gpio: {}"]],
    [
      `14:16: domains.chassis.0.backend.gpio: names no line that switches power; write gpio: { powerButton: <line> } for buttons or gpio: { enable: <line> } for a rail`,
    ],
  ],
  [
    "a domain without a backend",
    [["    backend: { gpio: { enable: rail-enable } }\n", ""]],
    [`14:5: domains.chassis.0.backend: is missing; write a map of gpio, system, module, control, options`],
  ],
  [
    "buttons on a rail",
    [["enable: rail-enable }", "enable: rail-enable, resetButton: bmc-reset }"]],
    [
      `14:45: domains.chassis.0.backend.gpio.resetButton: "bmc-reset" is a button of a domain that enable switches; keep the buttons or enable; a rail that feeds a host is a chassis for it to depend on`,
    ],
  ],
  [
    "a host that systemd should reset",
    [["gpio: { enable: rail-enable }", "system: systemd"]],
    [
      `14:16: domains.chassis.0.backend.system: system resets the BMC itself, not a chassis; write backend: { gpio: … }`,
    ],
  ],
  [
    "a BMC with a power button",
    [["system: systemd", "gpio: { powerButton: bmc-reset }"]],
    [
      `22:16: domains.bmc.0.backend.gpio: a BMC has no power lines of its own; write backend: { system: systemd } or { system: { resetLine: <line> } }`,
    ],
  ],
  [
    "a BMC that resets by an unknown service",
    [["system: systemd", "system: sysvinit"]],
    [
      `22:24: domains.bmc.0.backend.system: "sysvinit" is not allowed here; write systemd or { resetLine: <name of a line> }`,
    ],
  ],
  [
    "a BMC that resets by nothing",
    [["system: systemd", "system: {}"]],
    [
      `22:24: domains.bmc.0.backend.system.resetLine: is missing; write a line's name as the device tree has it: 1 to 31 letters, digits and _ . : + # / -`,
    ],
  ],
  [
    "a BMC with power-good",
    [["system: systemd }", "system: systemd }\n    powerGood: { all: [rail-good] }"]],
    [`23:5: domains.bmc.0.powerGood: "powerGood" is for what is switched; a BMC is only reset; remove it`],
  ],
  [
    "a BMC that depends on its host",
    [["system: systemd }", "system: systemd }\n    dependsOn: [host.0]"]],
    [`23:5: domains.bmc.0.dependsOn: "dependsOn" is for what is switched; a BMC is only reset; remove it`],
  ],
  [
    "a BMC with a sequence",
    [["system: systemd }", "system: systemd }\n    sequence: { onDelay: 1s }"]],
    [`23:5: domains.bmc.0.sequence: "sequence" is for what is switched; a BMC is only reset; remove it`],
  ],
  [
    "a BMC by template",
    [["system: systemd }", "system: systemd }\n    template: { count: 2 }"]],
    [`23:5: domains.bmc.0.template: "template" is for what is switched; a BMC is only reset; remove it`],
  ],
];

describe("a domain is refused for", () => {
  test.each(mistakes)("%s", (_, edits, found) => {
    expect(complaints(edited(...edits))).toEqual(found);
  });
});
