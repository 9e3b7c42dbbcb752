import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { BusbarError } from "@busbar/contracts";

export interface DataDirLock {
  /** Also done by the kernel when the process ends, in whatever way. */
  release(): void;
}

/** flock(1) ends with this when another process has the lock (`-E` would change it; busybox knows no `-E`). */
const taken = 1;

/**
 * Takes a data directory for this process alone. The lock is the kernel's (flock(2)), so that it ends with the process,
 * kill -9 included, is never stale, and holds across containers that share the directory. Node has no call for it:
 * flock(1) of util-linux or busybox locks a file that we have open, and the lock stays with our open file (2 ms, once).
 * @throws BusbarError CONFLICT naming the process that has it
 */
export function lockDataDir(dir: string): DataDirLock {
  const path = join(dir, "lock");
  const file = openLockFile(dir, path);
  try {
    takeLock(file, dir, path);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  // For the message of whoever comes second. The file stays: removing it would let a third one lock another.
  ftruncateSync(file);
  writeSync(file, `${process.pid}\n`, 0);
  let held = true;
  return {
    release() {
      if (held) closeSync(file);
      held = false;
    },
  };
}

function openLockFile(dir: string, path: string): number {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o750 });
    return openSync(path, "a+", 0o640); // "w" would wipe the first one's pid
  } catch (cause) {
    throw new BusbarError("FAILED_PRECONDITION", `the data directory ${dir} can't be used: ${textOf(cause)}`, {
      cause,
      component: "data directory",
      remedy: "make it, and give it to the user that the daemon runs as",
    });
  }
}

function takeLock(file: number, dir: string, path: string): void {
  const { status, error } = spawnSync("flock", ["-x", "-n", "3"], { stdio: ["ignore", "ignore", "ignore", file] });
  if (status === 0) return;
  if (status === taken) {
    const holder = readFileSync(path, "utf8").trim();
    throw new BusbarError("CONFLICT", `process ${holder === "" ? "(unknown)" : holder} works in ${dir}`, {
      component: "data directory",
      reason: "second-instance",
      remedy:
        holder === ""
          ? "stop it, or give another data directory"
          : `stop it (kill ${holder}), or give another data directory`,
    });
  }
  throw new BusbarError("FAILED_PRECONDITION", `flock can't be run: ${error?.message ?? `it ended with ${status}`}`, {
    cause: error,
    component: "data directory",
    remedy: "install flock (util-linux or busybox)",
  });
}

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
