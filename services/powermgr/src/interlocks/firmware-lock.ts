import { BusbarError, isOffVerb, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Clock, Log } from "@busbar/daemon";
import type { LockFile, StoredLock } from "../store/firmware-lock-file.ts";
import type { Interlock } from "./interlock.ts";

export interface FirmwareLockState {
  readonly reason: string;
  readonly actor: string;
  /** Until it ends by itself. */
  readonly left: Milliseconds;
}

export interface FirmwareLockOptions {
  readonly file: LockFile;
  readonly clock: Clock;
  readonly log: Pick<Log, "info" | "warn" | "error">;
  /** What would go on acting under the lock; undefined when nothing would. */
  readonly busy: () => string | undefined;
}

export const lockDurations = {
  least: milliseconds(1_000),
  usual: milliseconds(3_600_000),
  most: milliseconds(24 * 3_600_000),
} as const;

/**
 * Keeps power as it is while firmware is written. It outlives a restart of the daemon, because the update may go on
 * meanwhile, but no boot of the BMC: then the update is over, one way or the other.
 */
export class FirmwareLock {
  #options: FirmwareLockOptions;
  #lock: StoredLock | undefined;
  /** One change at a time: what is on the disk is then what was answered last. */
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(options: FirmwareLockOptions, lock: StoredLock | undefined) {
    this.#options = options;
    this.#lock = lock;
  }

  static async open(options: FirmwareLockOptions): Promise<FirmwareLock> {
    const { file, clock, log } = options;
    const stored = await file.read().catch((err: unknown): StoredLock => {
      // Somebody may be writing firmware: until a person has looked, or the time of a usual lock is over, it counts.
      log.error({ err }, "the firmware lock can't be read and is taken as set");
      return { boot: clock.bootId, until: clock.boottime() + lockDurations.usual, reason: "unreadable", actor: "" };
    });
    const lock = new FirmwareLock(options, stored?.boot === clock.bootId ? stored : undefined);
    const state = lock.state();
    if (state) log.warn(state, "the firmware lock is still set");
    else if (stored) await file.remove().catch((err) => log.warn({ err }, "an old firmware lock can't be removed"));
    return lock;
  }

  /** Undefined when it isn't set. */
  state(): FirmwareLockState | undefined {
    if (this.#lock === undefined) return undefined;
    const left = milliseconds(this.#lock.until - this.#options.clock.boottime());
    return left > 0 ? { reason: this.#lock.reason, actor: this.#lock.actor, left } : undefined;
  }

  /**
   * In force at once; resolves when it is also stored. The same actor may set it again, with another end.
   * @throws BusbarError CONFLICT while an operation would go on under it or another actor has it, UNAVAILABLE when it
   *   can't be stored
   */
  set(reason: string, duration: Milliseconds, actor: string): Promise<FirmwareLockState> {
    return this.#alone(async () => {
      const { clock, file, log, busy } = this.#options;
      const held = this.state();
      if (held && held.actor !== actor) throw heldByAnother(held);
      const operation = busy();
      if (operation !== undefined) throw stillActing(operation);
      const previous = this.#lock;
      const lock = { boot: clock.bootId, until: clock.boottime() + duration, reason, actor };
      this.#lock = lock;
      await file.write(lock).catch((cause: unknown) => {
        this.#lock = previous;
        throw notStored(cause);
      });
      log.warn({ reason, actor, durationMs: duration }, "firmware lock set");
      return { reason, actor, left: duration };
    });
  }

  /** @throws BusbarError UNAVAILABLE when that can't be stored: it would be back after a restart */
  clear(actor: string): Promise<void> {
    return this.#alone(async () => {
      const held = this.state();
      await this.#options.file.remove().catch((cause: unknown) => {
        throw notStored(cause);
      });
      this.#lock = undefined;
      if (held) this.#options.log.warn({ ...held, clearedBy: actor }, "firmware lock cleared");
    });
  }

  #alone<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#changing.then(change);
    this.#changing = result.catch(() => undefined); // its caller gets it
    return result;
  }
}

/** A reset or loss of power in the middle of a write leaves a machine that doesn't start any more. */
export function firmwareLocked(lock: Pick<FirmwareLock, "state">): Interlock {
  return {
    name: "firmware-lock",
    overridable: false,
    check({ verb }) {
      const state = isOffVerb(verb) ? undefined : lock.state();
      return (
        state && {
          message: `firmware is being written: ${state.reason}`,
          remedy: `wait for its end, ${Math.ceil(state.left / 1000)} s at most, or clear the lock (powermgr.system.firmware_lock.clear)`,
        }
      );
    },
  };
}

const heldByAnother = ({ actor, reason, left }: FirmwareLockState) =>
  new BusbarError("CONFLICT", `${actor === "" ? "somebody else" : actor} has the firmware lock: ${reason}`, {
    reason: "firmware-locked",
    remedy: `wait for its end, ${Math.ceil(left / 1000)} s at most, or clear it`,
  });

const stillActing = (operation: string) =>
  new BusbarError("CONFLICT", `${operation} is in progress`, {
    reason: "operation-in-progress",
    remedy: "wait for its end, or abort it",
  });

const notStored = (cause: unknown) =>
  new BusbarError("UNAVAILABLE", "the firmware lock can't be stored", {
    cause,
    reason: "storage",
    remedy: "make room on the data directory's disk",
  });
