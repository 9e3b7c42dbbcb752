import { readFileSync } from "node:fs";

/** Kills, and returns when the kernel has ended it: nothing that is passed on afterwards reaches it any more. */
export function killAndSee(pid: number): void {
  process.kill(pid, "SIGKILL");
  while (isRunning(pid));
}

/** Its state is the word behind the name in brackets (proc(5)); Z has ended and only waits for its parent to notice. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
