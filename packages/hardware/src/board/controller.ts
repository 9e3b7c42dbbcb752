import { BusbarError, type ComponentName, type Milliseconds } from "@busbar/contracts";
import { BoardConnection, type ConnectOptions } from "./connection.ts";
import type { Effect, Fault, FaultKind, JournalEntry } from "./journal-entry.ts";
import type { BoardEvent, BoardSnapshot, HazardReport, JournalPage } from "./protocol.ts";

export interface Intent {
  readonly operation: string;
  readonly component: ComponentName;
  readonly effect: Effect;
}

export interface Mains {
  readonly state: "good" | "lost";
  /** `lost` takes the BMC's own supply too: its outputs fall back to idle and held lines are lost. */
  readonly standby: "good" | "lost";
}

export interface FollowOptions {
  /** Starts with the entry after this one; 0, unless told, is the whole journal. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

export interface UntilOptions {
  readonly after?: number;
  readonly timeout: Milliseconds;
}

/** @throws BusbarError HARDWARE_UNAVAILABLE: no board there, or of another version; ABORTED by the signal. */
export async function connectController(options: ConnectOptions): Promise<BoardController> {
  return new BoardController(await BoardConnection.open(options));
}

/** The board as the world around it sees it: what daemons must not do, tests, launcher and command line do here. */
export class BoardController {
  readonly #connection: BoardConnection;
  readonly #followers = new Map<number, (entry: JournalEntry) => void>();
  #nextSubscription = 1;

  constructor(connection: BoardConnection) {
    this.#connection = connection;
    connection.onEvent((event) => this.#hear(event));
  }

  state(): Promise<BoardSnapshot> {
    return this.#connection.call("state", {});
  }

  journal(after: number): Promise<JournalPage> {
    return this.#connection.call("journal", { after });
  }

  /** The journal as it is now, from the entry after `after`. */
  async entries(after = 0): Promise<readonly JournalEntry[]> {
    const entries: JournalEntry[] = [];
    const end = (await this.journal(after)).last;
    for (let from = after; from < end; ) {
      const page = await this.journal(from);
      const newest = page.entries.at(-1);
      if (newest === undefined) break;
      entries.push(...page.entries.filter((entry) => entry.seq <= end));
      from = newest.seq;
    }
    return entries;
  }

  /** Calls `listener` for each entry, old ones first. Returns the function that ends it. */
  async onEntry(listener: (entry: JournalEntry) => void, after = 0): Promise<() => void> {
    const subscription = this.#nextSubscription++;
    // Before the call: the first entries come in the same breath as its reply.
    this.#followers.set(subscription, listener);
    try {
      await this.#connection.call("journal.follow", { after, subscription });
    } catch (thrown) {
      this.#followers.delete(subscription);
      throw thrown;
    }
    return () => {
      if (!this.#followers.delete(subscription)) return;
      this.#connection.call("journal.unfollow", { subscription }).catch(() => {});
    };
  }

  /** The journal, entry by entry, until the signal ends it. Throws HARDWARE_UNAVAILABLE if the board goes away. */
  async *follow({ after = 0, signal }: FollowOptions = {}): AsyncGenerator<JournalEntry, void, void> {
    const waiting: JournalEntry[] = [];
    let wake = (): void => {};
    let lost: Error | undefined;
    const onAbort = (): void => wake();
    const unfollow = await this.onEntry((entry) => {
      waiting.push(entry);
      wake();
    }, after);
    const unsubscribe = this.onLost((reason) => {
      lost = reason;
      wake();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      while (signal?.aborted !== true) {
        const entry = waiting.shift();
        if (entry !== undefined) {
          yield entry;
          continue;
        }
        if (lost !== undefined) throw lost;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
      unsubscribe();
      unfollow();
    }
  }

  /** The first entry that `matches`. @throws BusbarError DEADLINE_EXCEEDED if none comes in time. */
  async until(matches: (entry: JournalEntry) => boolean, { after = 0, timeout }: UntilOptions): Promise<JournalEntry> {
    const signal = AbortSignal.timeout(timeout);
    for await (const entry of this.follow({ after, signal })) if (matches(entry)) return entry;
    throw new BusbarError("DEADLINE_EXCEEDED", `the board's journal showed nothing that matches within ${timeout} ms`, {
      component: "board",
    });
  }

  /** `final`: no more intents will come, so acts that none has explained become hazards. */
  hazards({ final }: { readonly final: boolean }): Promise<HazardReport> {
    return this.#connection.call("hazards", { final });
  }

  async intent(intent: Intent): Promise<void> {
    await this.#connection.call("intent", intent);
  }

  /** The operation has ended: what it has not used by now is void. */
  async intentOver(operation: string): Promise<void> {
    await this.#connection.call("intent.over", { operation });
  }

  async latch(on: boolean): Promise<void> {
    await this.#connection.call("latch", { on });
  }

  async setFault(fault: Fault): Promise<void> {
    await this.#connection.call("fault.set", { fault });
  }

  /** Without target every fault of the kind, without both every fault. Returns how many. */
  async clearFaults(which: { readonly kind?: FaultKind; readonly target?: string } = {}): Promise<number> {
    return (await this.#connection.call("fault.clear", which)).cleared;
  }

  async faults(): Promise<readonly Fault[]> {
    return (await this.#connection.call("fault.list", {})).faults;
  }

  /** A human presses a button at the front panel. */
  async press(line: string, duration: Milliseconds): Promise<void> {
    await this.#connection.call("button", { line, duration });
  }

  async mains(mains: Mains): Promise<void> {
    await this.#connection.call("mains", mains);
  }

  /** What the unit's ExecStopPost does after a kill. Returns the lines that were asserted. */
  async releaseMomentary(): Promise<readonly string[]> {
    return (await this.#connection.call("release-momentary", {})).released;
  }

  async shutdown(): Promise<void> {
    await this.#connection.call("shutdown", {});
  }

  /** Called once, also if the board is gone already. */
  onLost(listener: (reason: Error) => void): () => void {
    return this.#connection.onLost(listener);
  }

  close(): void {
    this.#connection.close();
  }

  #hear(event: BoardEvent): void {
    if (event.event === "journal") this.#followers.get(event.subscription)?.(event.entry);
  }
}
