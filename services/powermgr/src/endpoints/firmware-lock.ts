import { type Served, served } from "@busbar/bus";
import { BusbarError, type busbar, endpoints, formatDuration, milliseconds, timestamp } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import { type FirmwareLock, type FirmwareLockState, lockDurations } from "../interlocks/firmware-lock.ts";

const longestReason = 256;

/** `powermgr.system.firmware_lock.{set,clear}` */
export function firmwareLockEndpoints(lock: FirmwareLock, clock: Clock): Served[] {
  return [
    served(endpoints.firmwareLockSet, async ({ reason, durationMs }, { actor = "" }) => {
      if (reason.trim() === "" || reason.length > longestReason || /\p{C}/u.test(reason)) {
        throw new BusbarError("INVALID_ARGUMENT", `a reason has 1 to ${longestReason} printable characters`, {
          remedy: "say what is being written, and to what",
        });
      }
      const duration = durationMs === 0 ? lockDurations.usual : milliseconds(durationMs);
      if (duration < lockDurations.least || duration > lockDurations.most) {
        throw new BusbarError("INVALID_ARGUMENT", `a firmware lock of ${formatDuration(duration)} is not possible`, {
          remedy: `ask for ${formatDuration(lockDurations.least)} to ${formatDuration(lockDurations.most)}, and set it again if it takes longer`,
        });
      }
      return { message: firmwareLockMessage(await lock.set(reason, duration, actor), clock) };
    }),
    served(endpoints.firmwareLockClear, async (_request, { actor = "" }) => {
      await lock.clear(actor);
      return { message: firmwareLockMessage(undefined, clock) };
    }),
  ];
}

export const firmwareLockMessage = (
  state: FirmwareLockState | undefined,
  clock: Clock,
): busbar.v1.FirmwareLockStatus.$Properties =>
  state === undefined
    ? { locked: false }
    : { locked: true, reason: state.reason, actor: state.actor, until: timestamp(clock.now() + state.left) };
