import { type ComponentName, componentName } from "@busbar/contracts";
import type { PowerDomain } from "./domain.ts";
import { longestLineName } from "./line-name.ts";
import { type LineReference, lineReferences } from "./line-use.ts";
import type { LineDefinition } from "./lines.ts";
import type { Problems } from "./problems.ts";

/** Copies number 1 … count - 1 of number 0, and the lines they need. */
export interface Expansion {
  readonly copies: readonly PowerDomain[];
  /** Lines that were not there yet. */
  readonly lines: readonly LineDefinition[];
  /** Uses of lines that all copies would share, since their names don't end in -0. */
  readonly shared: readonly LineReference[];
}

const numbered = /-0$/;

/**
 * Copies domain <kind>.0: its name and the names of its lines get the copy's number (`power-button-0` becomes
 * `power-button-1`), all else stays, `dependsOn` too. A line of that name which `lines` has already is left as it is.
 */
export function expandTemplate(
  template: PowerDomain,
  count: number,
  lines: ReadonlyMap<string, LineDefinition>,
): Expansion {
  const used = lineReferences(template);
  const copies: PowerDomain[] = [];
  const added: LineDefinition[] = [];
  for (let index = 1; index < count; index++) {
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
  const first = `${template.kind}.0`;
  if (template.name !== first) {
    problems.add(
      [...path, "template"],
      `${template.name} can't be a template`,
      `write the template as ${first}`,
      "key",
    );
    return [];
  }
  const { copies, lines: added, shared } = expandTemplate(template, count, lines);
  for (const { line, purpose, path: within } of shared) {
    const fix = `give it a name that ends in -0, of which ${template.kind}.1 gets its own`;
    problems.add([...path, ...within], `"${line}" would be the ${purpose} of every copy of ${first}`, fix);
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
    const fix = `remove it, or lower the count of ${first}'s template`;
    problems.add(["domains", name], `"${name}" is a copy that the template of ${first} makes already`, fix, "key");
  }
  return copies;
}

function copyDomain(template: PowerDomain, index: number, rename: (line: string) => string): PowerDomain {
  return {
    ...template,
    name: componentName(`${template.kind}.${index}`),
    backend: renameLines(template.backend, rename),
    powerGood: { ...template.powerGood, lines: template.powerGood.lines.map(rename) },
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
