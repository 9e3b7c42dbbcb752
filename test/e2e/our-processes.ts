import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./bounded.ts";

export interface OurProcess {
  readonly pid: number;
  readonly command: string;
}

/** Waits for the end of its input, then kills what runs in $GUARDED and removes it. */
const guard = `
cat > /dev/null
for process in /proc/[0-9]*; do
  case "$(tr '\\0' ' ' < "$process/cmdline" 2> /dev/null)" in *"$GUARDED"*) kill -9 "\${process#/proc/}" ;; esac
done
rm -rf "$GUARDED"
`;

/**
 * A directory for one test file. It goes when the test's process ends, and what runs in it too: our processes are groups
 * of their own, which nobody else would end after a test run that was killed.
 */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "busbar-e2e-"));
  const env = { ...process.env, GUARDED: directory };
  const child = spawn("sh", ["-c", guard], { stdio: ["pipe", "ignore", "ignore"], detached: true, env });
  child.unref();
  (child.stdin as Socket).unref();
  return directory;
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
