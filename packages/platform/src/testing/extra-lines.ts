// For tests: the lines that a board can have beside what switches it and shows its power.

import type { Edit } from "./platform-text.ts";

/** Defines the extra lines; host.0 uses none of them yet. */
export const extraLines: Edit = [
  "  lines:\n",
  `  lines:
    standby-good-0: { chip: main, input: true, active: high }
    panel-power-0: { chip: main, input: true, active: low, debounce: 20ms }
    panel-reset-0: { chip: main, input: true, active: low }
    thermtrip-0: { chip: main, input: true, active: low }
    aux-enable-0: { chip: main, output: latched, active: high }
    aux-good-0: { chip: main, input: true, active: high }
`,
];

/** Adds keys to host.0. */
export const toHost = (keys: string): Edit => ["    dependsOn: [chassis.0]\n", `    dependsOn: [chassis.0]\n${keys}\n`];

/** What uses each of the extra lines. */
export const extraUses = `    standbyGood: { all: [standby-good-0] }
    inputs:
      powerButton: { line: panel-power-0, mode: act }
      resetButton: { line: panel-reset-0, mode: pass-through }
    faults: { thermtrip: thermtrip-0 }
    sequence:
      onDelay: 1s
      beforeOn:
        - { set: aux-enable-0, to: active }
        - { await: aux-good-0, level: active, within: 300ms }
        - { pause: 50ms }
      afterOff: [{ set: aux-enable-0, to: inactive }, { await: aux-good-0, level: inactive }]`;
