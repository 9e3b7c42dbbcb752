import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BusbarError } from "@busbar/contracts";
import type { Log } from "@busbar/daemon";

export type EmergencySource = "request" | "thermal" | "line" | "fault" | "thermal-data-lost" | "found-latched";

/** Why nothing may be switched on. */
export interface LatchState {
  readonly source: EmergencySource;
  readonly reason: string;
  readonly actor: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly components: readonly string[];
  /** The operations that carried it out. */
  readonly operations: readonly string[];
}

export interface LatchOptions {
  /** Each holds the latch; one that has it is enough. The one in /run works with a read-only disk. */
  readonly directories: readonly string[];
  readonly log: Log;
  readonly now: () => number;
}

/** The name that busbar-emergency-off.service knows, too. */
export const latchFile = "emergency-latch";

const retryMs = 1_000;

/**
 * Nothing is switched on between an emergency and its clearing. The latch holds from the moment it is set, in memory;
 * its files follow as soon as a disk lets them. A file that can't be read counts as set: it may have been.
 */
export class Latch {
  readonly #options: LatchOptions;
  #state: LatchState | undefined;
  /** Counts the settings: a file that is written late must not hold what has been cleared since. */
  #generation = 0;
  #writing: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #problem: string | undefined;
  #isClosed = false;

  private constructor(options: LatchOptions, state: LatchState | undefined) {
    this.#options = options;
    this.#state = state;
  }

  static async open(options: LatchOptions): Promise<Latch> {
    const found = await Promise.all(options.directories.map((directory) => readLatch(directory, options.now())));
    return new Latch(
      options,
      found.find((state) => state !== undefined),
    );
  }

  get state(): LatchState | undefined {
    return this.#state;
  }

  /** Why the latch would not outlive powermgr, if so. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Holds from now on, in memory only. */
  hold(state: LatchState): void {
    this.#state = state;
  }

  /** Holds from now on. Its files are written afterwards, and again until that succeeds. */
  set(state: LatchState): void {
    this.hold(state);
    this.#generation += 1;
    this.#store(this.#generation);
  }

  /**
   * @throws BusbarError UNAVAILABLE when a file of it can't be removed: it would latch again at the next start;
   *   CONFLICT when it was set anew meanwhile, and then it holds
   */
  async clear(): Promise<void> {
    clearTimeout(this.#retry);
    this.#generation += 1; // a write under way goes no further
    const generation = this.#generation;
    const removed = this.#writing.then(async () => {
      for (const directory of this.#options.directories) await rm(join(directory, latchFile), { force: true });
    });
    // What is set meanwhile is written after this, not under it.
    this.#writing = removed.catch(() => {});
    try {
      await removed;
    } catch (cause) {
      if (generation === this.#generation) this.#store(generation);
      throw new BusbarError("UNAVAILABLE", `the emergency latch can't be removed: ${textOf(cause)}`, {
        cause,
        reason: "latch-unwritable",
        remedy: "make the directory writable, then clear again",
      });
    }
    if (generation !== this.#generation) {
      throw new BusbarError("CONFLICT", "another emergency was declared while this one was cleared", {
        reason: "latched-anew",
        remedy: "look at its cause (powermgr.system.emergency.get), then clear again",
      });
    }
    this.#state = undefined;
    this.#problem = undefined;
  }

  /** Ends the tries; what is being written is written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#writing;
  }

  #store(generation: number): void {
    clearTimeout(this.#retry);
    const text = JSON.stringify(this.#state);
    const before = this.#writing;
    this.#writing = before.then(async () => {
      const failures: string[] = [];
      for (const directory of this.#options.directories) {
        if (generation !== this.#generation) return;
        await writeLatch(directory, text).catch((error) => failures.push(`${directory}: ${textOf(error)}`));
      }
      if (generation !== this.#generation) return;
      this.#note(failures);
      if (failures.length > 0 && !this.#isClosed) this.#retry = setTimeout(() => this.#store(generation), retryMs);
    });
  }

  #note(failures: readonly string[]): void {
    const problem = failures.length === 0 ? undefined : failures.join("; ");
    if (problem !== undefined && this.#problem === undefined)
      this.#options.log.error({ failures }, "the emergency latch can't be stored; it holds while powermgr runs");
    this.#problem = problem;
  }
}

async function readLatch(directory: string, now: number): Promise<LatchState | undefined> {
  const path = join(directory, latchFile);
  try {
    return parseLatch(await readFile(path, "utf8")) ?? foundLatched(`${path} says nothing more`, now);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return foundLatched(`${path} can't be read: ${textOf(error)}`, now);
  }
}

const foundLatched = (reason: string, now: number): LatchState => ({
  source: "found-latched",
  reason,
  actor: "",
  since: now,
  components: [],
  operations: [],
});

/** What powermgr wrote. Whoever else set the latch may have left any text, or none. */
function parseLatch(text: string): LatchState | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isLatchState(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const sources: readonly string[] = [
  "request",
  "thermal",
  "line",
  "fault",
  "thermal-data-lost",
  "found-latched",
] satisfies EmergencySource[];

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === "string");

function isLatchState(value: unknown): value is LatchState {
  if (typeof value !== "object" || value === null) return false;
  const { source, reason, actor, since, components, operations } = value as Record<keyof LatchState, unknown>;
  return (
    typeof source === "string" &&
    sources.includes(source) &&
    typeof reason === "string" &&
    typeof actor === "string" &&
    typeof since === "number" &&
    isTexts(components) &&
    isTexts(operations)
  );
}

/** Whole or not at all, and durable. */
async function writeLatch(directory: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const path = join(directory, latchFile);
  const fresh = `${path}.new`;
  const file = await open(fresh, "w", 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
