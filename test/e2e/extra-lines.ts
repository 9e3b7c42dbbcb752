import type { Changes } from "./platform-files.ts";

export interface ExtraLines {
  /** What powermgr does for the power button of each host's panel; the reset button is always masked. */
  readonly powerButton: "pass-through" | "act";
  /** Whether the hosts feel the panel's buttons themselves. */
  readonly wired: "direct" | "sensed";
}

/** The simulated platform with panel buttons that the BMC sees, a thermtrip line per host, and a standby-good line. */
export const extraLines = ({ powerButton, wired }: ExtraLines): Changes => ({
  platform: [
    [
      "  lines:\n",
      `  lines:
    panel-power-0: { chip: main, input: true, active: low, debounce: 20ms }
    panel-reset-0: { chip: main, input: true, active: low, debounce: 20ms }
    thermtrip-0: { chip: main, input: true, active: low }
    standby-good: { chip: main, input: true, active: high }
`,
    ],
    [
      "    powerGood: { all: [chassis-good] }\n",
      "    powerGood: { all: [chassis-good] }\n    standbyGood: { all: [standby-good] }\n",
    ],
    [
      "    dependsOn: [chassis.0]\n",
      `    dependsOn: [chassis.0]
    inputs:
      powerButton: { line: panel-power-0, mode: ${powerButton} }
      resetButton: { line: panel-reset-0, mode: mask }
    faults: { thermtrip: thermtrip-0 }
`,
    ],
  ],
  board: [
    [
      "    powerGood: { line: chassis-good, active: high }\n",
      "    powerGood: { line: chassis-good, active: high }\n    standbyGood: { line: standby-good, active: high }\n",
    ],
    [
      "    powerGood: { line: power-good-0, active: high }\n",
      `    powerGood: { line: power-good-0, active: high }
    panel:
      wired: ${wired}
      powerButton: { line: panel-power-0, active: low }
      resetButton: { line: panel-reset-0, active: low }
    faults: { thermtrip: { line: thermtrip-0, active: low } }
`,
    ],
  ],
});
