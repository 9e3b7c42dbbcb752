import { asBusbarError } from "@busbar/contracts";
import type { CheckResult, Log } from "@busbar/daemon";
import type { Platform } from "@busbar/platform";
import type { CommitQueue } from "../store/commit-queue.ts";
import type { Ledger } from "./ledger.ts";
import type { PowerLink } from "./power-link.ts";

export interface ObserverOptions {
  readonly platform: Platform;
  readonly link: PowerLink;
  readonly ledger: Ledger;
  readonly commits: CommitQueue;
  readonly log: Log;
}

const firstRetryMs = 100;
const longestRetryMs = 2_000;

/** Asks powermgr how things stand whenever its events may have been missed, for as long as it takes to get an answer. */
export class Observer {
  #options: ObserverOptions;
  #stop = new AbortController();
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #problem: string | undefined = "powermgr has not answered yet";

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** What is seen is not older than this call. */
  look(): void {
    this.#lookAgain = true;
    this.#looking ??= this.#lookUntilNew().finally(() => {
      this.#looking = undefined;
    });
  }

  health(): CheckResult {
    if (this.#problem === undefined) return { status: "ok" };
    return { status: "degraded", message: this.#problem, remedy: "start powermgr, or look at its log" };
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#looking;
  }

  async #lookUntilNew(): Promise<void> {
    while (this.#lookAgain && !this.#stop.signal.aborted) {
      this.#lookAgain = false;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { signal } = this.#stop;
    for (let waitMs = firstRetryMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      try {
        await this.#once();
        this.#problem = undefined;
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        const { message } = asBusbarError(thrown);
        if (message !== this.#problem)
          this.#options.log.warn({ err: thrown }, "powermgr can't be asked how things stand");
        this.#problem = message;
        await pause(waitMs, signal);
      }
    }
  }

  async #once(): Promise<void> {
    const { link, ledger, commits, platform } = this.#options;
    const powers = await link.observe(this.#stop.signal);
    await commits.commit(() => {
      for (const [component, power] of powers) if (platform.domains.has(component)) ledger.observed(component, power);
    });
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish, { once: true });
  });
}
