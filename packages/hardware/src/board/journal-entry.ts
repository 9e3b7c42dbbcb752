import {
  component,
  count,
  type Decoded,
  duration,
  flag,
  instant,
  keyOf,
  name,
  object,
  oneOf,
  type Shape,
  text,
  union,
} from "./shape.ts";

/** What a wire carries, whatever "active" means on it. */
export const wireLevel = oneOf("low", "high");
export type WireLevel = Decoded<typeof wireLevel>;

const target = { component } as const;

/** Faults stay until cleared, except `power-good-glitch`, which ends by itself, and the acts `trip` and `os-poweroff`. */
const faults = {
  /** The power-good line is tied to a level, whatever the supply does. */
  "power-good-stuck": { ...target, level: wireLevel },
  /** Power-good follows the supply this much later than usual, rising and falling. */
  "power-good-slow": { ...target, delay: duration },
  /** Power-good shows the opposite for a while, once, from now. */
  "power-good-glitch": { ...target, duration },
  /** The host's power button is disconnected: neither press nor hold does anything. */
  "button-dead": target,
  /** The operating system takes no notice of a press; a hold still works. */
  "os-ignores-button": target,
  "reset-dead": target,
  /** The next boots don't get to a running system. */
  "boot-hang": target,
  /** The line can't be requested; whoever holds it loses it. */
  "line-missing": { line: name },
  /** The line is tied to a level, whoever drives it. */
  "line-stuck": { line: name, level: wireLevel },
  /** The host loses power by itself, now (a regulator gave up). */
  trip: target,
  /** Somebody shuts the operating system down from within, now. */
  "os-poweroff": target,
} as const;
export const fault = union("kind", faults);
export type Fault = Decoded<typeof fault>;
export const faultKind = keyOf(faults);
export type FaultKind = Fault["kind"];

/** What an accepted request wants of its component. `cut`: a chassis' rails may drop under running hosts. */
export const effect = oneOf("on", "off", "force-off", "reset", "cut");
export type Effect = Decoded<typeof effect>;

export const hazardCode = oneOf(
  "opposite-press",
  "unrequested-press",
  "repeated-toggle",
  "unrequested-hold",
  "hold-powers-on",
  "rail-dropped",
  "unrequested-switch",
  "off-time",
  "power-on-under-latch",
  "asserted-too-long",
  "unrequested-reset",
);
export type HazardCode = Decoded<typeof hazardCode>;

const hazardShape = {
  code: hazardCode,
  line: name,
  component,
  /** When the act began. */
  when: instant,
  text,
} as const;
export const hazard = object(hazardShape);
export type Hazard = Decoded<typeof hazard>;

export const osState = oneOf("down", "in-reset", "booting", "up", "shutting-down", "hung");
export type OsState = Decoded<typeof osState>;

export const powerState = oneOf("off", "on");
export type PowerState = Decoded<typeof powerState>;

/** Why power changed, as the hardware knows it. */
export const powerCause = oneOf("press", "hold", "shutdown", "rail", "enable", "ac", "trip");
export type PowerCause = Decoded<typeof powerCause>;

/** `seq` counts up by one per entry; `at` is the board's monotonic clock and never goes back. */
const stamped = <S extends Shape>(shape: S) => ({ seq: count, at: instant, ...shape });

export const journalEntry = union("type", {
  /** The first entry. Wall time = `wall` + (at - this entry's at), for display only. */
  start: stamped({ board: name, wall: text }),
  /** `by` is a client's name, `plant` (the hardware itself) or `panel` (a human at the front panel). */
  edge: stamped({ line: name, wire: wireLevel, asserted: flag, by: name }),
  /** A line was taken or given back. `lost`: the client died or the line went away under it. */
  line: stamped({ line: name, client: name, what: oneOf("requested", "released", "lost") }),
  power: stamped({ component, state: powerState, cause: powerCause }),
  os: stamped({ component, state: osState }),
  /** A reset pulse that was long enough to be seen. */
  reset: stamped({ component }),
  intent: stamped({ operation: name, component, effect }),
  /** The operation has ended: what it did not use is void. */
  "intent-over": stamped({ operation: name }),
  latch: stamped({ on: flag }),
  fault: stamped({ what: oneOf("set", "cleared"), fault }),
  mains: stamped({ state: oneOf("good", "lost"), standby: oneOf("good", "lost") }),
  client: stamped({ client: name, what: oneOf("connected", "gone") }),
  hazard: stamped(hazardShape),
});
export type JournalEntry = Decoded<typeof journalEntry>;

/** An entry before the journal has numbered it. */
export type JournalEvent = JournalEntry extends infer E ? (E extends JournalEntry ? Omit<E, "seq"> : never) : never;
