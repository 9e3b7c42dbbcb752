import type { LineState, Signal, Standby, StandbySense } from "@busbar/backend";

/** One line that is down is enough to know that standby isn't good, whatever the unreadable ones would show. */
export function combineStandby(states: readonly LineState[]): Standby {
  if (states.includes("inactive")) return "missing";
  return states.includes("unknown") ? "unknown" : "good";
}

/** What all standby-good lines of a domain say together. */
export function standbySense(signals: readonly Signal[]): StandbySense {
  const read = async () => combineStandby(await Promise.all(signals.map((signal) => signal.read())));
  return {
    read,
    onChange(listener) {
      let last: Standby | undefined;
      const look = async () => {
        const standby = await read();
        if (standby === last) return;
        last = standby;
        listener(standby);
      };
      const ends = signals.map((signal) => signal.onChange(() => void look()));
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
