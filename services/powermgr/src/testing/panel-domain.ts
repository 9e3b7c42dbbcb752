import { componentName, milliseconds } from "@busbar/contracts";
import type { ButtonInput, PowerDomain } from "@busbar/platform";

/** A host whose panel buttons the BMC sees, both in the same mode. */
export const panelDomain = (mode: ButtonInput["mode"]): PowerDomain => ({
  kind: "host",
  name: componentName("host.0"),
  backend: {
    type: "gpio-buttons",
    powerButton: "power-button",
    resetButton: "reset-button",
    forceOff: undefined,
    pulse: {
      press: milliseconds(200),
      reset: milliseconds(200),
      forceHold: milliseconds(4_000),
      forceThreshold: milliseconds(3_500),
    },
  },
  powerGood: { require: "all", lines: ["power-good"] },
  dependsOn: [],
  timing: {
    powerGood: milliseconds(5_000),
    minimumOff: milliseconds(0),
    gracefulOff: milliseconds(60_000),
    operation: milliseconds(30_000),
  },
  sequence: { onDelay: milliseconds(0), offDelay: milliseconds(0) },
  inputs: { powerButton: { line: "panel-power", mode }, resetButton: { line: "panel-reset", mode } },
});
