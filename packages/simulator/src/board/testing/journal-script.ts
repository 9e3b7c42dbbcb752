/** Words to write journals with, for tests of the judge. */
import { type ComponentName, componentName, milliseconds } from "@busbar/contracts";
import type { Effect, JournalEvent, PowerCause, PowerState } from "@busbar/hardware";

const ms = milliseconds;
export const host0 = componentName("host.0");
export const chassis0 = componentName("chassis.0");
export const bmc0 = componentName("bmc.0");

export const edge = (at: number, line: string, asserted: boolean, by = "powermgr"): JournalEvent => {
  const activeLow = line !== "chassis-enable";
  return { type: "edge", at: ms(at), line, wire: asserted === activeLow ? "low" : "high", asserted, by };
};
export const pulse = (line: string, from: number, length: number, by?: string): JournalEvent[] => [
  edge(from, line, true, by),
  edge(from + length, line, false, by),
];
export const press = (from: number, length = 200, by?: string): JournalEvent[] =>
  pulse("power-button-0", from, length, by);
export const reset = (from: number, length = 100): JournalEvent[] => pulse("reset-button-0", from, length);
export const enable = (at: number, on: boolean, by?: string): JournalEvent => edge(at, "chassis-enable", on, by);
export const power = (
  at: number,
  state: PowerState,
  cause: PowerCause,
  component: ComponentName = host0,
): JournalEvent => ({
  type: "power",
  at: ms(at),
  component,
  state,
  cause,
});
export const intent = (
  at: number,
  operation: string,
  effect: Effect,
  component: ComponentName = host0,
): JournalEvent => ({
  type: "intent",
  at: ms(at),
  operation,
  component,
  effect,
});
export const over = (at: number, operation: string): JournalEvent => ({ type: "intent-over", at: ms(at), operation });
export const latch = (at: number, on: boolean): JournalEvent => ({ type: "latch", at: ms(at), on });

export type Events = JournalEvent | readonly Events[];
export const flat = (events: Events): JournalEvent[] => ("type" in events ? [events] : events.flatMap(flat));

/** In the journal's order: by time, ties as written. */
export const inOrder = (events: readonly Events[]): JournalEvent[] => flat(events).toSorted((a, b) => a.at - b.at);

/** A host that somebody switched on at the panel, long ago. */
export const running = [press(0, 200, "panel"), power(16, "on", "press")];
/** And one that went off again. */
export const off = [...running, power(100, "off", "trip")];
