import { parseArgs } from "node:util";
import { BusbarError } from "@busbar/contracts";

export interface BenchOptions {
  /** Rows of BUDGETS.md; undefined: all that are measured here. */
  readonly only: readonly number[] | undefined;
  readonly rounds: number;
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly help: boolean;
}

export const usage = `npm run bench -- [flags]

  --only 1,4     only these rows of the table of budgets
  --rounds N     rounds of floor and figure (default: 16, with --quick 4)
  --quick        fewer samples in a round: for a look, not for a verdict
  --json FILE    the results, also as JSON
  --help         this text
`;

const invalid = (message: string, remedy: string) =>
  new BusbarError("INVALID_ARGUMENT", message, { component: "npm run bench", remedy });

/** @param rows what `--only` may name. @throws BusbarError INVALID_ARGUMENT naming the flag, its value and the fix */
export function parseOptions(argv: readonly string[], rows: readonly number[]): BenchOptions {
  const values = parse(argv);
  const quick = values.quick ?? false;
  return {
    only: values.only?.split(",").map((text) => rowOf(text, rows)),
    rounds: values.rounds === undefined ? (quick ? 4 : 16) : roundsOf(values.rounds),
    quick,
    json: values.json,
    help: values.help ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        only: { type: "string" },
        rounds: { type: "string" },
        quick: { type: "boolean" },
        json: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), "see npm run bench -- --help");
  }
}

function rowOf(text: string, rows: readonly number[]): number {
  const row = Number(text);
  if (rows.includes(row)) return row;
  throw invalid(`--only ${text} is not measured here`, `use some of ${rows.join(",")}`);
}

function roundsOf(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= 1000) return rounds;
  throw invalid(`--rounds ${text} is no number of rounds`, "give a whole number from 1 to 1000");
}
