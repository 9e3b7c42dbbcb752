import { nearMiss } from "@busbar/contracts";
import type { Domain, PowerDomain, WrittenDomain } from "./domain.ts";
import { type LineDefinition, type LineUse, useOf } from "./lines.ts";
import type { Path, Problems } from "./problems.ts";

export interface LineReference {
  readonly line: string;
  /** In the field's words, for messages. */
  readonly purpose: string;
  readonly needs: LineUse;
  /** From the domain down. */
  readonly path: Path;
  /** One step sets the line and another one sets it back: more than one use within the domain is usual. */
  readonly repeats?: true;
}

/** Every line that a domain uses. */
export function lineReferences(domain: Domain): readonly LineReference[] {
  const lines = backendLines(domain);
  if (domain.kind === "bmc") return lines;
  const { require } = domain.powerGood;
  const input = (line: string, purpose: string, path: Path): LineReference => ({ line, purpose, needs: "input", path });
  return [
    ...lines,
    ...domain.powerGood.lines.map((line, index) => input(line, "power-good", ["powerGood", require, index])),
    ...(domain.standbyGood ?? []).map((line, index) => input(line, "standby-good", ["standbyGood", "all", index])),
    ...(["powerButton", "resetButton"] as const).flatMap((key) => {
      const button = domain.inputs?.[key];
      const purpose = { powerButton: "power button of the panel", resetButton: "reset button of the panel" }[key];
      return button === undefined ? [] : [input(button.line, purpose, ["inputs", key, "line"])];
    }),
    ...Object.entries(domain.faults ?? {}).map(([name, line]) => input(line, `${name} line`, ["faults", name])),
    ...sequenceLines(domain),
  ];
}

function sequenceLines({ sequence }: PowerDomain): readonly LineReference[] {
  return (["beforeOn", "afterOff"] as const).flatMap((key) =>
    (sequence[key] ?? []).flatMap((step, index): LineReference[] => {
      if (step.type === "pause") return [];
      const path = ["sequence", key, index, step.type];
      return step.type === "set"
        ? [{ line: step.line, purpose: "sequence output", needs: "latched", path, repeats: true }]
        : [{ line: step.line, purpose: "sequence input", needs: "input", path, repeats: true }];
    }),
  );
}

function backendLines({ backend }: Domain): readonly LineReference[] {
  switch (backend.type) {
    case "gpio-buttons":
      return (["powerButton", "resetButton", "forceOff"] as const).flatMap((key) => {
        const line = backend[key];
        const purpose = { powerButton: "power button", resetButton: "reset button", forceOff: "force-off line" }[key];
        return line === undefined ? [] : { line, purpose, needs: "momentary", path: ["backend", "gpio", key] };
      });
    case "gpio-rail":
      return [{ line: backend.enable, purpose: "rail enable", needs: "latched", path: ["backend", "gpio", "enable"] }];
    case "module":
      return [];
    case "system":
      if (backend.reset.by === "systemd") return [];
      return [
        {
          line: backend.reset.line,
          purpose: "reset line",
          needs: "momentary",
          path: ["backend", "system", "resetLine"],
        },
      ];
  }
}

/** What a line of the wrong sort gets wrong on the board. */
const must = {
  momentary: "has to be momentary, released after use",
  latched: "has to be latched, or what it enables drops when Busbar stops",
  input: "has to be an input: an output shows what we drive, not what the board does",
} as const satisfies Record<LineUse, string>;

/** Each line that is used exists, is of the right sort, and serves one purpose. */
export function checkLineUse(
  domains: readonly WrittenDomain[],
  lines: ReadonlyMap<string, LineDefinition>,
  problems: Problems,
): void {
  const taken = new Map<string, string>();
  for (const { domain, writtenAs } of domains) {
    for (const { line, purpose, needs, path: within, repeats } of lineReferences(domain)) {
      const path = ["domains", writtenAs, ...within];
      const use = `${purpose} of ${domain.name}`;
      const definition = lines.get(line);
      const other = taken.get(line);
      if (definition === undefined) {
        // A copy lacks a line only because its template does.
        if (domain.name !== writtenAs || problems.isSuspect(["gpio", "lines", line])) continue;
        const meant = nearMiss(line, lines.keys());
        const fix = meant === undefined ? "define it there" : `did you mean "${meant}"? Otherwise define it there`;
        problems.add(path, `"${line}" is not among gpio.lines`, fix);
      } else if (useOf(definition) !== needs) {
        const found = definition.direction === "input" ? "an input" : `a ${definition.output} output`;
        const fix = `use another line, or define this one with ${needs === "input" ? "input: true" : `output: ${needs}`}`;
        problems.add(path, `"${line}" is ${found}, but a ${purpose} ${must[needs]}`, fix);
      } else if (other !== undefined && !(repeats && other === use)) {
        problems.add(path, `"${line}" as ${use} already serves as ${other}`, "give each purpose a line of its own");
      } else {
        taken.set(line, use);
      }
    }
  }
}
