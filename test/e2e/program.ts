import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Arrivals, within } from "./bounded.ts";
import { repository } from "./platform-files.ts";

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process and the lines that it writes, to stdout and stderr alike. */
export interface Program {
  readonly pid: number;
  readonly lines: Arrivals<string>;
  readonly stdout: Arrivals<string>;
  readonly stderr: Arrivals<string>;
  /** Everything so far. */
  text(): string;
  kill(signal: NodeJS.Signals): void;
  /** How it ended, once all that it wrote has been read. */
  ended(ms?: number): Promise<Ending>;
  hasEnded(): boolean;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
}

export function run(file: string, args: readonly string[], { env = {} }: RunOptions = {}): Program {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const [lines, stdout, stderr] = [new Arrivals<string>(), new Arrivals<string>(), new Arrivals<string>()];
  for (const [stream, own] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    createInterface({ input: stream }).on("line", (line) => {
      own.add(line);
      lines.add(line);
    });
  }
  let ending: Ending | undefined;
  const end = new Promise<Ending>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      ending = { code, signal };
      resolve(ending);
    });
  });
  end.catch(() => {}); // told to whoever waits for it
  const text = () => lines.all.join("\n");
  return {
    pid: child.pid ?? 0,
    lines,
    stdout,
    stderr,
    text,
    kill: (signal) => void child.kill(signal),
    hasEnded: () => ending !== undefined,
    ended: (ms) =>
      within(`the end of ${file} ${args.join(" ")}`, end, ms).catch((error) =>
        Promise.reject(new Error(`${error}\n${text()}`)),
      ),
  };
}

/** One of the bundles, as a unit starts it. */
export const runBundle = (name: string, args: readonly string[], options?: RunOptions): Program =>
  run(process.execPath, [join(repository(), "dist", `${name}.mjs`), ...args], options);
