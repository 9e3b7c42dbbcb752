import { existsSync, readdirSync, readFileSync } from "node:fs";
import { eventually } from "./bounded.ts";

export interface OurProcess {
  readonly pid: number;
  readonly command: string;
}

/** Every process that was given `directory`, or something in it: all of ours are. Zombies have ended. */
export function processesIn(directory: string): OurProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: commandOf(name) }))
    .filter(({ command }) => command.includes(directory));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // ended meanwhile
  }
}

export const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/cmdline`) && commandOf(String(pid)) !== "";

/** What was told to stop has stopped by now, or is about to. @throws Error naming what stays */
export async function expectNoProcessIn(directory: string): Promise<void> {
  try {
    await eventually(
      `every process in ${directory} has ended`,
      () => processesIn(directory).length === 0 || undefined,
      10_000,
    );
  } catch (cause) {
    throw new Error(`still running: ${JSON.stringify(processesIn(directory))}`, { cause });
  }
}

/** For the end of a test that failed. */
export function killProcessesIn(directory: string): void {
  for (const { pid } of processesIn(directory)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // ended meanwhile
    }
  }
}
