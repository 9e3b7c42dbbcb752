import type { Button, DomainControl, Holdable, Power, Sense, Switch } from "@busbar/backend";
import { BusbarError, type ErrorCode, type Milliseconds } from "@busbar/contracts";
import { bounded } from "./bounded.ts";

/** How long a module may take to say what it sees before that counts as unknown. */
const senseLimitMs = 5_000;

export interface Guard {
  readonly component: string;
  readonly module: string;
  /** An act that has not ended by then has failed, whatever the module says later. */
  readonly actLimit: Milliseconds;
}

/**
 * A module's control as powermgr can rely on it, whatever the module does: every call ends, every error has one of the
 * two codes that an act may have, what can't be sensed is unknown, and no button is pressed while its last press is
 * still going on.
 */
export function guardedControl(control: DomainControl, guard: Guard): DomainControl {
  const { powerButton, resetButton, forceOff, rail, measure } = control;
  return {
    sense: guardedSense(control.sense),
    ...(powerButton && { powerButton: { ...button(powerButton, guard), ...holdable(powerButton, guard) } }),
    ...(resetButton && { resetButton: button(resetButton, guard) }),
    ...(forceOff && { forceOff: holdable(forceOff, guard) }),
    ...(rail && { rail: guardedRail(rail, guard) }),
    ...(measure && { measure: { latest: () => quietly(() => measure.latest(), undefined) } }),
    ...(control.evidence && {
      evidence: () => answered(async () => control.evidence?.(), undefined),
    }),
    unavailable: (use) =>
      quietly(() => control.unavailable(use), `module ${guard.module} can't say whether it is available`),
    onAvailability: (listener) => control.onAvailability(listener),
    close: () => control.close(),
  };
}

function guardedSense(sense: Sense): Sense {
  return {
    read: async () => powerOf(await answered(() => sense.read(), "unknown")),
    readStable: async () => powerOf(await answered(() => sense.readStable(), "unknown")),
    onChange: (listener) => sense.onChange((power) => listener(powerOf(power))),
  };
}

/** Plain JavaScript may say anything. */
const powerOf = (said: unknown): Power => (said === "on" || said === "off" ? said : "unknown");

/** An answer that doesn't come, or is an error, is no answer. */
const answered = <Value>(ask: () => Promise<Value>, otherwise: Value): Promise<Value> =>
  bounded(
    (async () => ask())().catch(() => otherwise),
    senseLimitMs,
    () => otherwise,
  );

function quietly<Value>(ask: () => Value, otherwise: Value): Value {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}

function button(inner: Button, guard: Guard): Button {
  let pressing = false;
  return {
    line: inner.line,
    async press() {
      // A press that outlived its limit may still end: another one on top of it would be a longer one.
      if (pressing) {
        throw failed(
          guard,
          "HARDWARE_UNAVAILABLE",
          `the last press of ${inner.line} has not ended`,
          "restart powermgr",
        );
      }
      pressing = true;
      const press = (async () => inner.press())().finally(() => {
        pressing = false;
      });
      await act(press, inner.line, guard);
    },
  };
}

const holdable = (inner: Holdable, guard: Guard): Holdable => ({
  line: inner.line,
  hold: (release) => act((async () => inner.hold(release))(), inner.line, guard),
});

const guardedRail = (inner: Switch, guard: Guard): Switch => ({
  line: inner.line,
  set: (power) => act((async () => inner.set(power))(), inner.line, guard),
});

async function act(work: Promise<void>, line: string, guard: Guard): Promise<void> {
  try {
    await bounded(work, guard.actLimit, () => {
      throw failed(guard, "POWER_OPERATION_FAILED", `${line} has not answered within ${guard.actLimit} ms`);
    });
  } catch (thrown) {
    throw translated(thrown, guard);
  }
}

/** A module brings its own copy of BusbarError along, so its class says nothing; its code does. */
function translated(thrown: unknown, guard: Guard): BusbarError {
  const text = (key: "message" | "reason" | "remedy"): string | undefined => {
    const value: unknown =
      typeof thrown === "object" && thrown !== null ? (thrown as Record<string, unknown>)[key] : undefined;
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const isBefore =
    typeof thrown === "object" && thrown !== null && "code" in thrown && thrown.code === "HARDWARE_UNAVAILABLE";
  // Anything else leaves open whether something was done, and so does a bug in the module.
  return new BusbarError(
    isBefore ? "HARDWARE_UNAVAILABLE" : "POWER_OPERATION_FAILED",
    text("message") ?? `module ${guard.module} failed: ${String(thrown)}`,
    {
      component: guard.component,
      reason: text("reason") ?? "module-failed",
      remedy: text("remedy") ?? `see the log for what module ${guard.module} says; look at the hardware`,
      cause: thrown,
    },
  );
}

const failed = (guard: Guard, code: ErrorCode, message: string, remedy?: string) =>
  new BusbarError(code, message, {
    component: guard.component,
    reason: "module-hangs",
    remedy: remedy ?? `look at the hardware, and at what module ${guard.module} logs`,
  });
