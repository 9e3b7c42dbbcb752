import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How other programs find a running system (DESIGN §10). */
export interface RunFile {
  readonly profile: string;
  readonly platform: string;
  readonly nats_url: string;
  readonly board_socket: string;
  readonly pids: Readonly<Record<string, number>>;
}

const pathOf = (dataDir: string) => join(dataDir, "run.json");

/** Whole or not at all, and for this user only: later it holds credentials. */
export function writeRunFile(dataDir: string, content: RunFile): void {
  const fresh = `${pathOf(dataDir)}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, pathOf(dataDir));
}

export const removeRunFile = (dataDir: string): void => rmSync(pathOf(dataDir), { force: true });

/** Undefined when there is none, or none that can be read. */
export function readRunFile(dataDir: string): RunFile | undefined {
  if (!existsSync(pathOf(dataDir))) return undefined;
  try {
    return JSON.parse(readFileSync(pathOf(dataDir), "utf8")) as RunFile;
  } catch {
    return undefined; // written by hand, or by nobody we know
  }
}
