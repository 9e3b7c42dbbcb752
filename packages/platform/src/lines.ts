import { type Milliseconds, nearMiss } from "@busbar/contracts";
import type { Problems } from "./problems.ts";
import type { LineSpec, PlatformFile } from "./schema.ts";
import { debounce } from "./timing.ts";

/** A chip that the simulator's board provides. Other ways to find a chip come with their drivers. */
export interface SimulatedChip {
  readonly type: "simulated";
  readonly name: string;
  readonly board: string;
}

export type ChipDefinition = SimulatedChip;

interface AnyLine {
  readonly name: string;
  /** Name of the chip it is on. */
  readonly chip: string;
  /** The wire level that means active. */
  readonly active: "low" | "high";
}

/** Rests inactive and is released after use: a button, a reset. */
export interface MomentaryLine extends AnyLine {
  readonly direction: "output";
  readonly output: "momentary";
}

/** Keeps its level; only an operation changes it: a rail's enable. */
export interface LatchedLine extends AnyLine {
  readonly direction: "output";
  readonly output: "latched";
}

export interface InputLine extends AnyLine {
  readonly direction: "input";
  readonly bias?: "pull-up" | "pull-down" | "disabled";
  readonly debounce: Milliseconds;
}

/** Has the members of @busbar/hardware's LineRequest, so that it can be given to `GpioChip.request` as it is. */
export type LineDefinition = MomentaryLine | LatchedLine | InputLine;

export type LineUse = "momentary" | "latched" | "input";

export const useOf = (line: LineDefinition): LineUse => (line.direction === "input" ? "input" : line.output);

export function defineChips(specs: PlatformFile["gpio"]["chips"]): Map<string, ChipDefinition> {
  const entries = Object.entries(specs);
  return new Map(entries.map(([name, { simulated }]) => [name, { type: "simulated", name, board: simulated }]));
}

/** The lines that are defined rightly, by name. */
export function defineLines(
  specs: PlatformFile["gpio"]["lines"],
  chips: ReadonlyMap<string, ChipDefinition>,
  problems: Problems,
): Map<string, LineDefinition> {
  const lines = new Map<string, LineDefinition>();
  for (const [name, spec] of Object.entries(specs)) {
    const path = ["gpio", "lines", name];
    if (!chips.has(spec.chip) && !problems.isSuspect(["gpio", "chips", spec.chip])) {
      const meant = nearMiss(spec.chip, chips.keys());
      const fix = meant === undefined ? "define it there" : `did you mean "${meant}"?`;
      problems.add([...path, "chip"], `"${spec.chip}" is not among gpio.chips`, fix);
    }
    const line = defineLine(name, spec, problems);
    if (line !== undefined) lines.set(name, line);
  }
  return lines;
}

function defineLine(name: string, spec: LineSpec, problems: Problems): LineDefinition | undefined {
  const path = ["gpio", "lines", name];
  const common = { name, chip: spec.chip, active: spec.active };
  if (spec.input !== undefined && spec.output !== undefined) {
    problems.add([...path, "input"], `is both input and ${spec.output} output`, "keep one of input and output", "key");
    return undefined;
  }
  if (spec.input !== undefined) {
    const bias = spec.bias === undefined ? {} : { bias: spec.bias };
    return { ...common, direction: "input", ...bias, debounce: spec.debounce ?? debounce.usual };
  }
  if (spec.output === undefined) {
    if (!problems.isSuspect(path)) {
      problems.add(path, "has no direction", "write input: true, output: momentary or output: latched", "key");
    }
    return undefined;
  }
  for (const key of ["bias", "debounce"] as const) {
    if (spec[key] !== undefined) problems.add([...path, key], `"${key}" is for inputs only`, "remove it", "key");
  }
  return spec.output === "momentary"
    ? { ...common, direction: "output", output: "momentary" }
    : { ...common, direction: "output", output: "latched" };
}
