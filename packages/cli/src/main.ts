import { userInfo } from "node:os";
import { createInterface } from "node:readline";
import { interruptedExit } from "./interrupted.ts";
import { run } from "./run.ts";
import type { Screen, Surroundings } from "./surroundings.ts";

const screen = (stream: NodeJS.WriteStream): Screen => ({
  isTerminal: stream.isTTY === true,
  write: (text) => void stream.write(text),
});

/** Accounts of containers often have a number and no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}

/** The terminal edits the line and turns Ctrl-C into its signal: nothing was sent yet, so that may end us. */
function ask(question: string): Promise<string | undefined> {
  const input = createInterface({ input: process.stdin, terminal: false });
  process.stderr.write(question);
  return new Promise((resolve) => {
    input.once("line", (line) => {
      resolve(line);
      input.close();
    });
    input.once("close", () => resolve(undefined));
  });
}

function interrupted(): AbortSignal {
  const abort = new AbortController();
  process.once("SIGINT", () => {
    abort.abort();
    process.once("SIGINT", () => process.exit(interruptedExit)); // twice: the user means it
  });
  return abort.signal;
}

const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true;
const surroundings: Surroundings = {
  env: process.env,
  cwd: process.cwd(),
  root: process.env.BUSBAR_ROOT,
  user: userName(),
  stdout: screen(process.stdout),
  stderr: screen(process.stderr),
  ask: canAsk ? ask : undefined,
  interrupted,
};

// Whoever read us has seen enough (busbar events --follow | head).
process.stdout.on("error", () => process.exit(0));

process.exitCode = await run(process.argv.slice(2), surroundings);
