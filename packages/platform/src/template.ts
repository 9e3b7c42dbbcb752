import { type ComponentName, componentName, indexOf } from "@busbar/contracts";
import type { ButtonInputs } from "./button-inputs.ts";
import type { PowerDomain } from "./domain.ts";
import { longestLineName } from "./line-name.ts";
import { type LineReference, lineReferences } from "./line-use.ts";
import type { LineDefinition } from "./lines.ts";
import type { Problems } from "./problems.ts";
import type { SequenceStep } from "./sequence.ts";

/** The copies with the next numbers, and the lines they need. */
export interface Expansion {
  readonly copies: readonly PowerDomain[];
  /** Lines that were not there yet. */
  readonly lines: readonly LineDefinition[];
  /** Uses of lines that all copies would share, since their names don't end in the template's number. */
  readonly shared: readonly LineReference[];
}

/**
 * Copies a domain: its name and the names of its lines get the copy's number (host.0 with `power-button-0` becomes host.1
 * with `power-button-1`, host.4 with `power-button-4` host.5 with `power-button-5`), all else stays, `dependsOn` too, so
 * that each chassis may have a template for its hosts. A line of that name which `lines` has already is left as it is.
 */
export function expandTemplate(
  template: PowerDomain,
  count: number,
  lines: ReadonlyMap<string, LineDefinition>,
): Expansion {
  const used = lineReferences(template);
  const copies: PowerDomain[] = [];
  const added: LineDefinition[] = [];
  const first = indexOf(template.name);
  const numbered = new RegExp(`-${first}$`);
  for (let index = first + 1; index < first + count; index++) {
    const rename = (line: string): string => line.replace(numbered, `-${index}`);
    copies.push(copyDomain(template, index, rename));
    for (const { line } of used) {
      const original = lines.get(line);
      if (original !== undefined && !lines.has(rename(line))) added.push({ ...original, name: rename(line) });
    }
  }
  return { copies, lines: added, shared: count > 1 ? used.filter(({ line }) => !numbered.test(line)) : [] };
}

/** The copies that a template makes besides the domains that are `written`; their lines are added to `lines`. */
export function defineCopies(
  template: PowerDomain,
  count: number,
  written: readonly ComponentName[],
  lines: Map<string, LineDefinition>,
  problems: Problems,
): readonly PowerDomain[] {
  const path = ["domains", template.name];
  const { copies, lines: added, shared } = expandTemplate(template, count, lines);
  for (const { line, purpose, path: within } of shared) {
    const index = indexOf(template.name);
    const fix = `give it a name that ends in -${index}, of which ${template.kind}.${index + 1} gets its own`;
    problems.add([...path, ...within], `"${line}" would be the ${purpose} of every copy of ${template.name}`, fix);
  }
  for (const line of added) {
    if (line.name.length > longestLineName) {
      const fix = `shorten the name so that its copies have at most ${longestLineName} characters`;
      problems.add([...path, "template"], `makes a line "${line.name}", too long a name`, fix, "key");
    }
    lines.set(line.name, line);
  }
  for (const { name } of copies) {
    if (!written.includes(name)) continue;
    const fix = `remove it, or lower the count of ${template.name}'s template`;
    const what = `"${name}" is a copy that the template of ${template.name} makes already`;
    problems.add(["domains", name], what, fix, "key");
  }
  return copies;
}

function copyDomain(template: PowerDomain, index: number, rename: (line: string) => string): PowerDomain {
  return {
    ...template,
    name: componentName(`${template.kind}.${index}`),
    backend: renameLines(template.backend, rename),
    powerGood: { ...template.powerGood, lines: template.powerGood.lines.map(rename) },
    sequence: renameSequence(template.sequence, rename),
    ...(template.standbyGood && { standbyGood: template.standbyGood.map(rename) }),
    ...(template.inputs && { inputs: renameInputs(template.inputs, rename) }),
    ...(template.faults && {
      faults: Object.fromEntries(Object.entries(template.faults).map(([name, line]) => [name, rename(line)])),
    }),
  };
}

function renameSequence(
  { beforeOn, afterOff, ...delays }: PowerDomain["sequence"],
  rename: (line: string) => string,
): PowerDomain["sequence"] {
  const steps = (of: readonly SequenceStep[]) =>
    of.map((step) => (step.type === "pause" ? step : { ...step, line: rename(step.line) }));
  return { ...delays, ...(beforeOn && { beforeOn: steps(beforeOn) }), ...(afterOff && { afterOff: steps(afterOff) }) };
}

function renameInputs({ powerButton, resetButton }: ButtonInputs, rename: (line: string) => string): ButtonInputs {
  return {
    ...(powerButton && { powerButton: { ...powerButton, line: rename(powerButton.line) } }),
    ...(resetButton && { resetButton: { ...resetButton, line: rename(resetButton.line) } }),
  };
}

function renameLines(backend: PowerDomain["backend"], rename: (line: string) => string): PowerDomain["backend"] {
  // No module is copied (module-backend.ts).
  if (backend.type === "module") return backend;
  if (backend.type === "gpio-rail") return { ...backend, enable: rename(backend.enable) };
  const { powerButton, resetButton, forceOff } = backend;
  return {
    ...backend,
    powerButton: rename(powerButton),
    resetButton: resetButton === undefined ? undefined : rename(resetButton),
    forceOff: forceOff === undefined ? undefined : rename(forceOff),
  };
}
