import type { Budget, Limit } from "./budget.ts";
import type { Round } from "./rounds.ts";
import { percentile } from "./statistics.ts";

/** What the rounds of one budget come to. Values are in the budget's unit. */
export interface Result {
  readonly row: number;
  readonly figure: string;
  readonly floor: string;
  readonly unit: Budget["unit"];
  readonly percentile: Budget["percentile"];
  readonly limit: Limit;
  readonly rounds: number;
  /** Of the figure, in one round. */
  readonly samples: number;
  readonly floorValue: number;
  readonly figureValue: number;
  /** Median of the ratios of the rounds, and the quartiles beside it. */
  readonly ratio: number;
  readonly quartiles: readonly [number, number];
  readonly verdict: "within" | "over";
}

export function judge(budget: Budget, rounds: readonly Round[]): Result {
  const { row, figure, floor, unit, limit } = budget;
  const rank = budget.percentile;
  const ratios = rounds.map((round) => percentile(round.figure, rank) / percentile(round.floor, rank));
  const ratio = percentile(ratios, 50);
  const figureValue = percentile(
    rounds.flatMap((round) => round.figure),
    rank,
  );
  const floorValue = percentile(
    rounds.flatMap((round) => round.floor),
    rank,
  );
  return {
    row,
    figure,
    floor,
    unit,
    percentile: rank,
    limit,
    rounds: rounds.length,
    samples: rounds[0]?.figure.length ?? 0,
    floorValue,
    figureValue,
    ratio,
    quartiles: [percentile(ratios, 25), percentile(ratios, 75)],
    verdict: holds(limit, ratio, figureValue) ? "within" : "over",
  };
}

function holds(limit: Limit, ratio: number, value: number): boolean {
  const judged = limit.of === "ratio" ? ratio : value;
  return "atMost" in limit ? judged <= limit.atMost : judged >= limit.atLeast;
}
