import { CommanderError } from "commander";
import { failureOf } from "./output/failure.ts";
import type { OutputFormat } from "./output/printer.ts";
import { buildProgram } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/** Carries out one command line. Never throws. @returns the exit code */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const format = formatIn(argv);
  let complaint = "";
  const program = buildProgram(surroundings, (text) => {
    complaint += text;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0; // help or version, already written
    const failure = failureOf(thrown, format);
    if (format === "table") surroundings.stderr.write(complaint);
    surroundings.stderr.write(failure.text);
    return failure.exit;
  }
}

/** Needed before the arguments are understood, and all the more when they are not. */
function formatIn(argv: readonly string[]): OutputFormat {
  const joined = argv.some((word) => word === "--output=json" || word === "-ojson");
  const separate = argv.some((word, at) => word === "json" && /^(?:-o|--output)$/.test(argv[at - 1] ?? ""));
  return joined || separate ? "json" : "table";
}
