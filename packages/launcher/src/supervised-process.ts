import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface ProcessPlan {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface SupervisedOptions {
  /** Asked before every start, because a port may be known only after the first one. */
  readonly plan: () => ProcessPlan;
  readonly onLine: (process: string, line: string) => void;
  /** What systemd's ExecStopPost would do: runs after every end, before the next start. */
  readonly afterEnd?: () => Promise<void>;
  readonly restart?: RestartTimes;
}

/** Between the end of a process and its next start: one that keeps failing waits longer each time. */
export interface RestartTimes {
  /** Doubled by every end that comes before `stableMs`. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** One that ran for this long has not failed. */
  readonly stableMs: number;
}

const usualRestart: RestartTimes = { firstMs: 200, longestMs: 5_000, stableMs: 10_000 };

/** How long a process may take to end by itself. */
const stopWithinMs = 4_000;

/** One process, started again when it dies: what systemd does for it on a BMC. */
export class SupervisedProcess {
  readonly name: string;
  #options: SupervisedOptions;
  #restartTimes: RestartTimes;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;
  #starts = 0;
  #startedAt = 0;
  #restartAfterMs: number;
  #onDeath: (how: string) => void = () => {};
  #onStart: () => void = () => {};

  constructor(options: SupervisedOptions) {
    this.#options = options;
    this.#restartTimes = options.restart ?? usualRestart;
    this.#restartAfterMs = this.#restartTimes.firstMs;
    this.name = options.plan().name;
  }

  get pid(): number | undefined {
    return this.#child?.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  /** Called with how it ended whenever it ends without having been told to. */
  onDeath(listener: (how: string) => void): void {
    this.#onDeath = listener;
  }

  /** Called after every start. */
  onStart(listener: () => void): void {
    this.#onStart = listener;
  }

  /** Also after a stop. */
  start(): void {
    this.#stopping = false;
    const { name, file, args, env } = this.#options.plan();
    this.#starts += 1;
    this.#startedAt = performance.now();
    // A group of its own: Ctrl-C reaches the launcher alone, which then stops everything in order.
    const child = spawn(file, args, {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, ...env },
    });
    this.#child = child;
    this.#onStart();
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#options.onLine(name, line));
    }
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => {
        this.#options.onLine(name, `can't be started: ${error.message}`);
        resolve();
      });
      child.once("exit", (code, signal) => {
        void this.#afterEnd(signal ?? `exit ${code}`).finally(resolve);
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.pid !== undefined) this.#child?.kill(signal);
  }

  /** Ends it for good: politely, then not. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    // A stopped (SIGSTOP) process can't hear the first signal until it goes on.
    this.signal("SIGTERM");
    this.signal("SIGCONT");
    const kill = setTimeout(() => this.signal("SIGKILL"), stopWithinMs);
    await this.#ended;
    clearTimeout(kill);
  }

  async #afterEnd(how: string): Promise<void> {
    if (!this.#stopping) this.#onDeath(how);
    try {
      await this.#options.afterEnd?.();
    } catch (error) {
      this.#options.onLine(this.name, `the step after its end failed: ${(error as Error).message}`);
    }
    if (this.#stopping) return;
    const { firstMs, longestMs, stableMs } = this.#restartTimes;
    const ranMs = performance.now() - this.#startedAt;
    this.#restartAfterMs = ranMs > stableMs ? firstMs : Math.min(this.#restartAfterMs * 2, longestMs);
    this.#restart = setTimeout(() => this.start(), this.#restartAfterMs);
  }
}
