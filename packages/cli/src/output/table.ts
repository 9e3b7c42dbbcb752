import { printable } from "./printable.ts";
import type { Paint, Tone } from "./style.ts";

/** Text, or text with a meaning. Undefined: there is nothing to say. */
export type Cell = string | { readonly text: string; readonly tone: Tone } | undefined;

const gap = "  ";
const nothing = "-";

/** Columns as wide as their widest cell, the last one ragged. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  const texts = rows.map((row) => headings.map((_, column) => textOf(row[column])));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...texts.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], tone: (column: number) => Tone) =>
    cells
      .map((cell, column) => {
        const padding = column === cells.length - 1 ? "" : " ".repeat((widths[column] ?? 0) - cell.length);
        return paint(tone(column), cell) + padding;
      })
      .join(gap);
  return [
    line(headings, () => "heading"),
    ...texts.map((cells, index) => line(cells, (column) => toneOf(rows[index]?.[column]))),
  ];
}

/** `name  value`, one per line; what has no value is left out. */
export function facts(pairs: readonly (readonly [name: string, value: Cell])[], paint: Paint): string[] {
  const said = pairs.filter(([, value]) => textOf(value) !== nothing);
  const width = Math.max(...said.map(([name]) => name.length));
  return said.map(
    ([name, value]) => `${paint("heading", name.padEnd(width))}${gap}${paint(toneOf(value), textOf(value))}`,
  );
}

function textOf(cell: Cell): string {
  const text = typeof cell === "object" ? cell.text : (cell ?? "");
  return text === "" ? nothing : printable(text);
}

const toneOf = (cell: Cell): Tone => (typeof cell === "object" ? cell.tone : "plain");
