import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A failure that its reader can mend: one line that says what is wrong and the exact remedy. */
export class Refusal extends Error {}

/**
 * Runs `main` if the module at `url` is the program being run, and ends the process with the code it returns.
 * A {@link Refusal} is printed as its line; anything else is a bug and keeps its stack.
 * @param {string} url the caller's import.meta.url
 * @param {() => Promise<number | void>} main
 */
export async function runAsProgram(url, main) {
  if (process.argv[1] === undefined || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    process.exitCode = 1;
    console.error(error instanceof Refusal ? `busbar: ${error.message}` : error);
  }
}
