import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../e2e/platform-files.ts";
import type { LoggedFrame } from "./frame-proxy.ts";

export interface LoggedLine {
  /** performance.now() */
  readonly at: number;
  readonly process: string;
  readonly line: string;
}

export interface Evidence {
  readonly problems: readonly string[];
  readonly frames: readonly LoggedFrame[];
  readonly log: readonly LoggedLine[];
  /** Board journal, powermgr's journal, statemgr's database and the broker's store are in it. */
  readonly dataDir: string;
}

const shownTime = (at: number, start: number) => `${((at - start) / 1_000).toFixed(4).padStart(9)} s`;

/** Keeps what a failure left behind. @returns where */
export function keepEvidence(name: string, { problems, frames, log, dataDir }: Evidence): string {
  const directory = join(repository(), ".cache", "crash", name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const start = frames[0]?.at ?? 0;
  const write = (file: string, lines: readonly string[]) =>
    writeFileSync(join(directory, file), `${lines.join("\n")}\n`);
  write("problems.txt", problems);
  write(
    "frames.log",
    frames.map(
      ({ at, number, way, text }) =>
        `${shownTime(at, start)} ${String(number ?? "").padStart(4)} ${way.padEnd(20)} ${text()}`,
    ),
  );
  write(
    "processes.log",
    log.map(({ at, process, line }) => `${shownTime(at, start)} ${process.padEnd(8)} ${line}`),
  );
  if (existsSync(dataDir))
    cpSync(dataDir, join(directory, "data"), { recursive: true, filter: (path) => !path.endsWith(".sock") });
  return directory;
}
