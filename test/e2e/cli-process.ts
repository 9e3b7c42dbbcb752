import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Arrivals, within } from "./bounded.ts";
import { repository } from "./platform-files.ts";

export interface Said {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** The command as users run it: a process of its own, with pipes instead of a terminal. */
export class CliProcess {
  readonly stdout = new Arrivals<string>();
  readonly stderr = new Arrivals<string>();
  readonly ended: Promise<Said>;
  readonly #child: ChildProcess;

  constructor(file: string, args: readonly string[], { env = {}, cwd = repository() }: CliOptions = {}) {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text) => {
        said[name] += text;
      });
      createInterface({ input: child[name] }).on("line", (line) => this[name].add(line));
    }
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exit) => resolve({ exit, ...said }));
    });
  }

  type(words: string): void {
    this.#child.stdin?.write(words);
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  async end(): Promise<Said> {
    try {
      return await within("the end of the command", this.ended);
    } finally {
      this.#child.kill("SIGKILL");
    }
  }
}

export const cliProgram = (): string => join(repository(), "dist", "cli.mjs");

/** `busbar <line>`, begun. */
export const startCli = (line: string, options: CliOptions): CliProcess =>
  new CliProcess(process.execPath, [cliProgram(), ...line.split(" ")], options);

/** `busbar <line>`, to its end. */
export const runCli = (line: string, options: CliOptions): Promise<Said> => startCli(line, options).end();

/** `busbar <line>` on a terminal of its own (script(1)), which shows both streams as one. */
export const startCliOnTerminal = (line: string, { env = {}, ...rest }: CliOptions): CliProcess =>
  new CliProcess(
    "script",
    ["--quiet", "--return", "--flush", "--command", `'${process.execPath}' '${cliProgram()}' ${line}`, "/dev/null"],
    { ...rest, env: { TERM: "xterm", ...env } },
  );
