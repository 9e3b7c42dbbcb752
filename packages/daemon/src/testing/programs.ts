import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, onTestFinished } from "vitest";

export interface Running {
  readonly child: ChildProcess;
  /** Everything on stdout and stderr. */
  readonly lines: readonly string[];
  /** Resolves with the first line, past or to come, that matches. */
  line(pattern: RegExp): Promise<string>;
  /** Exit code, or signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** A file that stdout goes to instead of a pipe. */
  readonly stdout?: string;
}

/** Bundles a program once per test file, as daemons are shipped, and starts it as often as wanted. */
export function program(source: URL): (options?: StartOptions) => Running {
  let folder = "";
  const bundle = () => join(folder, "program.mjs");
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "busbar-daemon-"));
    await build({
      entryPoints: [fileURLToPath(source)],
      outfile: bundle(),
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      banner: {
        js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
      },
      logLevel: "warning",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (options = {}) => run(bundle(), options);
}

function run(program: string, { args = [], env = {}, stdout }: StartOptions): Running {
  const output = stdout === undefined ? undefined : openSync(stdout, "w");
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ["ignore", output ?? "pipe", "pipe"],
    env: { PATH: process.env.PATH, ...env },
  });
  if (output !== undefined) closeSync(output);
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      for (const look of waiting) look();
    });
  }
  return {
    child,
    lines,
    ended: new Promise((resolve) => {
      child.once("close", (code, signal) => resolve(signal ?? code ?? -1));
    }),
    line: (pattern) =>
      new Promise((resolve) => {
        const look = () => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
