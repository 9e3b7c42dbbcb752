import type { Result } from "./verdict.ts";

export function tableOf(results: readonly Result[]): string[] {
  const rows = [heading, ...results.map(cells)];
  const widths = heading.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < textColumns ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

const heading = ["#", "figure", "floor", "figure", "floor", "unit", "ratio", "quartiles", "budget", "n", "verdict"];
/** These are set to the left, the numbers after them to the right. */
const textColumns = 3;

function cells(result: Result): string[] {
  const { row, figure, floor, figureValue, floorValue, unit, ratio, quartiles, samples, rounds, verdict } = result;
  return [
    String(row),
    figure,
    floor,
    figureValue.toFixed(0),
    floorValue.toFixed(0),
    `${unit} p${result.percentile}`,
    ratio.toFixed(2),
    quartiles.map((quartile) => quartile.toFixed(2)).join(" to "),
    limitText(result),
    `${samples} × ${rounds}`,
    verdict,
  ];
}

function limitText({ limit, unit }: Result): string {
  const sign = "atMost" in limit ? `≤ ${limit.atMost}` : `≥ ${limit.atLeast}`;
  return limit.of === "ratio" ? `${sign} ×` : `${sign} ${unit}`;
}
