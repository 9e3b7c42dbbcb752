// For tests: a platform file that is right, with one of each thing, ways to make it wrong, and what is then said.

import { BusbarError, componentName } from "@busbar/contracts";
import type { PowerDomain } from "../domain.ts";
import { type Platform, parsePlatform } from "../platform.ts";

export const platformText = `platform: bench
tried: true
gpio:
  chips: { main: { simulated: board } }
  lines:
    power-button-0: { chip: main, output: momentary, active: low }
    reset-button-0: { chip: main, output: momentary, active: low }
    power-good-0: { chip: main, input: true, active: high }
    rail-enable: { chip: main, output: latched, active: high }
    rail-good: { chip: main, input: true, active: high }
    bmc-reset: { chip: main, output: momentary, active: low }
domains:
  chassis.0:
    backend: { gpio: { enable: rail-enable } }
    powerGood: { all: [rail-good] }
  host.0:
    backend: { gpio: { powerButton: power-button-0, resetButton: reset-button-0 } }
    powerGood: { all: [power-good-0] }
    dependsOn: [chassis.0]
    timing: { press: 200ms, forceHold: 4s, forceThreshold: 3s }
  bmc.0:
    backend: { system: systemd }
`;

export type Edit = readonly [from: string, to: string];

/** `platformText` with each `from` replaced by its `to`. */
export function edited(...edits: readonly Edit[]): string {
  return edits.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`"${from}" is not there exactly once`);
    return text.replace(from, () => to);
  }, platformText);
}

/** A mistake, how it is made in `platformText`, and all that is said about it after "board.yaml:". */
export type Mistake = readonly [mistake: string, edits: readonly Edit[], complaints: readonly string[]];

export const read = (text: string): Platform => parsePlatform(text, "board.yaml");

/** The error that refuses a file. */
export function refusal(text: string): BusbarError {
  try {
    read(text);
  } catch (thrown) {
    if (thrown instanceof BusbarError) return thrown;
    throw thrown;
  }
  throw new Error("the file was taken");
}

/** What a refusal's message says, line by line, without the file's name. */
export function complaints(text: string): readonly string[] {
  const [first = "", ...more] = refusal(text).message.split("\n");
  const lines = more.length === 0 ? [first] : more;
  return lines.map((line) => line.replace(/^board\.yaml:/, ""));
}

export function powerDomain(platform: Platform, name: string): PowerDomain {
  const domain = platform.domains.get(componentName(name));
  if (domain === undefined || domain.kind === "bmc") throw new Error(`${name} is not switched`);
  return domain;
}
