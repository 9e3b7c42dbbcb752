import { describe, expect, test } from "vitest";
import { complaints, edited, type Mistake } from "./testing/platform-text.ts";

const mistakes: readonly Mistake[] = [
  [
    "a line without polarity",
    [["output: latched, active: high", "output: latched"]],
    [`9:18: gpio.lines.rail-enable.active: is missing; write active: low or active: high, as the schematic has it`],
  ],
  [
    "a polarity that is none",
    [["output: latched, active: high", "output: latched, active: 1"]],
    [
      `9:57: gpio.lines.rail-enable.active: 1 is not allowed here; write active: low or active: high, as the schematic has it`,
    ],
  ],
  [
    "a line without direction",
    [["output: latched, ", ""]],
    [`9:5: gpio.lines.rail-enable: has no direction; write input: true, output: momentary or output: latched`],
  ],
  [
    "a line that is both input and output",
    [["output: latched,", "output: latched, input: true,"]],
    [`9:49: gpio.lines.rail-enable.input: is both input and latched output; keep one of input and output`],
  ],
  [
    "an output that is neither momentary nor latched",
    [["output: latched", "output: push"]],
    [`9:40: gpio.lines.rail-enable.output: "push" is not allowed here; write output: momentary or output: latched`],
  ],
  [
    "an input that is denied",
    [["power-good-0: { chip: main, input: true,", "power-good-0: { chip: main, input: false,"]],
    [
      `8:40: gpio.lines.power-good-0.input: false is not allowed here; write input: true, or else output: momentary or latched`,
    ],
  ],
  [
    "a debounced output",
    [["output: latched,", "output: latched, debounce: 5ms,"]],
    [`9:49: gpio.lines.rail-enable.debounce: "debounce" is for inputs only; remove it`],
  ],
  [
    "a bias on an output",
    [["output: latched,", "output: latched, bias: pull-up,"]],
    [`9:49: gpio.lines.rail-enable.bias: "bias" is for inputs only; remove it`],
  ],
  [
    "a bias that is none",
    [["power-good-0: { chip: main, input: true,", "power-good-0: { chip: main, input: true, bias: up,"]],
    [`8:52: gpio.lines.power-good-0.bias: "up" is not allowed here; write one of pull-up, pull-down, disabled`],
  ],
  [
    "a chip that is not there",
    [["rail-enable: { chip: main", "rail-enable: { chip: mian"]],
    [`9:26: gpio.lines.rail-enable.chip: "mian" is not among gpio.chips; did you mean "main"?`],
  ],
  [
    "a line name that the kernel would cut",
    [["    bmc-reset:", "    an-extremely-long-name-for-a-line-0:"]],
    [
      `11:5: gpio.lines.an-extremely-long-name-for-a-line-0: "an-extremely-long-name-for-a-line-0" can't be a name here; write a line's name as the device tree has it: 1 to 31 letters, digits and _ . : + # / -`,
    ],
  ],
];

describe("a line is refused for", () => {
  test.each(mistakes)("%s", (_, edits, found) => {
    expect(complaints(edited(...edits))).toEqual(found);
  });
});
