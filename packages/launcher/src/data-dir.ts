import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BusbarError } from "@busbar/contracts";
import { readRunFile } from "./run-file.ts";

const lockFile = (dir: string) => join(dir, "launcher.pid");

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A process that works in a directory: its launcher, or what a killed launcher left behind. */
function holderOf(dir: string): number | undefined {
  const launcher = existsSync(lockFile(dir)) ? [Number(readFileSync(lockFile(dir), "utf8"))] : [];
  return [...launcher, ...Object.values(readRunFile(dir)?.pids ?? {})].find(isAlive);
}

function take(dir: string): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(lockFile(dir), String(process.pid), { mode: 0o600 });
  return dir;
}

/** A directory for one run that nobody needs afterwards. */
export const temporaryDataDir = (): string => take(mkdtempSync(join(tmpdir(), "busbar-")));

/**
 * The directory that was asked for, or the first of .data/bmc, .data/bmc-2, … that no other launcher works in: two runs
 * side by side don't meet.
 * @throws BusbarError CONFLICT when the directory that was asked for is in use
 */
export function claimDataDir(root: string, profile: string, asked: string | undefined): string {
  if (asked !== undefined) {
    const dir = resolve(asked);
    const holder = holderOf(dir);
    if (holder === undefined) return take(dir);
    throw new BusbarError("CONFLICT", `process ${holder} works in ${dir}`, {
      component: "--data-dir",
      remedy: `stop it (kill ${holder}), or give another directory`,
    });
  }
  for (let number = 1; ; number += 1) {
    const dir = join(root, ".data", number === 1 ? profile : `${profile}-${number}`);
    if (holderOf(dir) === undefined) return take(dir);
  }
}
