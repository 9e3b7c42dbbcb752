import type { Log } from "@busbar/daemon";

/** Calls every listener, also when one before it threw: the next one may be what cuts the power. */
export function tellAll<Args extends readonly unknown[]>(
  listeners: Iterable<(...args: Args) => void>,
  log: Pick<Log, "error">,
  ...args: Args
): void {
  for (const listener of listeners) {
    try {
      listener(...args);
    } catch (err) {
      log.error({ err }, "a listener threw");
    }
  }
}
