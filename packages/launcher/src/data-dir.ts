import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { asBusbarError, BusbarError } from "@busbar/contracts";
import { lockDataDir } from "@busbar/daemon";
import { readRunFile } from "./run-file.ts";

/** A process of another user is alive, too, though it can't be signalled. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** What a killed launcher left behind and what still runs. */
const leftIn = (dir: string): number | undefined => Object.values(readRunFile(dir)?.pids ?? {}).find(isAlive);

/**
 * Takes a directory for as long as this process lives; two that start at the same moment can't both have it.
 * @throws BusbarError CONFLICT naming the process that works in it
 */
function take(dir: string): string {
  const lock = lockDataDir(dir);
  const holder = leftIn(dir);
  if (holder === undefined) return dir;
  lock.release();
  throw new BusbarError("CONFLICT", `process ${holder} works in ${dir}`, {
    component: "--data-dir",
    remedy: `stop it (kill ${holder}), or give another data directory`,
  });
}

/** A directory for one run that nobody needs afterwards. */
export const temporaryDataDir = (): string => take(mkdtempSync(join(tmpdir(), "busbar-")));

/**
 * The directory that was asked for, or the first of .data/bmc, .data/bmc-2, … that no other launcher works in: two runs
 * side by side don't meet.
 * @throws BusbarError CONFLICT when the directory that was asked for is in use
 */
export function claimDataDir(root: string, profile: string, asked: string | undefined): string {
  if (asked !== undefined) return take(resolve(asked));
  for (let number = 1; ; number += 1) {
    try {
      return take(join(root, ".data", number === 1 ? profile : `${profile}-${number}`));
    } catch (error) {
      if (asBusbarError(error).code !== "CONFLICT") throw error;
    }
  }
}
