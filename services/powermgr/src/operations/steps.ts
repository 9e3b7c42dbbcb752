import type { DomainControl, Holdable, Power } from "@busbar/backend";
import { asBusbarError, BusbarError, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import { performCustom } from "./custom-steps.ts";
import type { PlanStep } from "./plan.ts";

export type StepOutcome = "done" | "no-op";

/** A press toward on that may still raise power-good. */
export interface PendingOn {
  /** On the monotonic clock. */
  readonly until: Milliseconds;
  /** False: a crash left open whether the button was pressed at all. */
  readonly isSure: boolean;
}

export interface StepContext {
  readonly control: DomainControl;
  /** Aborted when the operation is superseded or past its deadline. A pulse or hold that has begun runs to its end. */
  readonly signal: AbortSignal;
  /** Undefined when none is outstanding. */
  readonly pendingOn: () => PendingOn | undefined;
  readonly notePressedOn: () => void;
  readonly clock: Pick<Clock, "monotonic" | "timer" | "sleep">;
  readonly offFor: () => Milliseconds | undefined;
  /** How often a level may be set before it has failed. */
  readonly attempts: number;
  /** Told which attempt it is, before it is made. */
  readonly onAttempt: (attempt: number) => void;
}

/** A line that was lost is taken again within 200 ms where its chip is back. */
const betweenAttempts = milliseconds(250);

const unknownPower = (component: string) =>
  new BusbarError("HARDWARE_UNAVAILABLE", `power-good of ${component} is unknown, and a button is a toggle`, {
    component,
    reason: "power-good-unknown",
    remedy: "check the power-good lines (powermgr.health.check), or force off",
  });

const unsupported = (component: string, what: string) =>
  new BusbarError("FAILED_PRECONDITION", `${component} has no ${what}`, {
    component,
    remedy: "use an action that the platform file wires up",
  });

/**
 * Waits until power-good shows `power`, at most for `patience` and until `signal` aborts; false when it didn't. The level is
 * read when listening has begun and again at the end, because an edge can be missed.
 * A timer of our own: AbortSignal.any drops its sources to the garbage collector (nodejs/node#57736), and a wait without an
 * end is what must not be.
 */
export function awaitPower(
  control: DomainControl,
  power: "on" | "off",
  patience: number,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const finish = (reached: boolean) => {
      clearTimeout(timer);
      unsubscribe();
      signal.removeEventListener("abort", giveUp);
      resolve(reached);
    };
    const giveUp = () => void control.sense.readStable().then((last) => finish(last === power));
    const timer = setTimeout(giveUp, patience);
    const unsubscribe = control.sense.onChange((now) => {
      if (now === power) finish(true);
    });
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    else void control.sense.readStable().then((now) => now === power && finish(true));
  });
}

/**
 * Carries out one step against the hardware.
 * @throws BusbarError with the code the operation ends with
 */
export async function perform(step: PlanStep, context: StepContext): Promise<StepOutcome> {
  const { control, clock, signal } = context;
  signal.throwIfAborted();
  switch (step.kind) {
    case "press":
      return press(step.component, step.toward, context);
    case "hold":
      return hold(step.component, context);
    case "reset":
      return reset(step.component, context);
    case "switch":
      return setLevel(step, context);
    case "await": {
      const reached = await awaitPower(control, step.power, step.timeout, signal);
      if (reached) return "done";
      signal.throwIfAborted();
      throw new BusbarError(
        "POWER_GOOD_TIMEOUT",
        `power-good of ${step.component} did not go ${step.power} within ${step.timeout} ms`,
        {
          component: step.component,
          reason: `power-good-not-${step.power}`,
          remedy: "look at the host; then try again, or force off",
        },
      );
    }
    case "pause":
      await clock.sleep(step.duration, signal);
      return "done";
    case "rest":
      await clock.sleep(milliseconds(Math.max(0, step.least - (context.offFor() ?? step.least))), signal);
      return "done";
    case "set-line":
    case "await-line":
      return performCustom(step, context);
    default:
      return step satisfies never;
  }
}

/** A level set twice is the same level, so it is tried again; a button is not. */
async function setLevel(
  { component, to }: Extract<PlanStep, { kind: "switch" }>,
  { control, attempts, clock, onAttempt, signal }: StepContext,
): Promise<StepOutcome> {
  if (!control.rail) throw unsupported(component, "rail enable");
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    onAttempt(attempt);
    try {
      await control.rail.set(to);
      return "done";
    } catch (error) {
      if (attempt >= attempts) throw error;
    }
    await clock.sleep(betweenAttempts, signal);
  }
}

/** A press already made may still be taking effect: what power-good shows counts only when that is over. */
async function settledPower(context: StepContext): Promise<Power> {
  await untilPendingIsOver(context);
  context.signal.throwIfAborted();
  return context.control.sense.readStable();
}

async function untilPendingIsOver({ pendingOn, clock, control, signal }: StepContext): Promise<void> {
  const pending = pendingOn();
  if (pending === undefined) return;
  await awaitPower(control, "on", Math.max(0, pending.until - clock.monotonic()), signal);
}

async function press(component: string, toward: "on" | "off", context: StepContext): Promise<StepOutcome> {
  const button = context.control.powerButton;
  if (!button) throw unsupported(component, "power button");
  const power = await settledPower(context);
  if (power === toward) return "no-op";
  if (power === "unknown") throw unknownPower(component);
  if (toward === "on") context.notePressedOn();
  await button.press();
  return "done";
}

/**
 * Holding the button of an off host would switch it on, so a host that is surely off is left alone. When that isn't
 * sure (power-good unknown, or the effect of a press toward on still to come) the hold is made in full length and
 * power-good read again. Where a crash left open whether that press was made at all, power-good has its time to show it
 * first: the host may be off.
 */
async function hold(component: string, context: StepContext): Promise<StepOutcome> {
  const { control } = context;
  if (control.forceOff && (await forcedOff(control.forceOff, control))) return "done";
  if (!control.powerButton) throw unsupported(component, "power button");
  if (context.pendingOn()?.isSure === false) await untilPendingIsOver(context);
  const pending = context.pendingOn()?.isSure === true;
  const power = await control.sense.readStable();
  if (power === "off" && !pending) return "no-op";
  if (power === "on" && !pending) await assertUntilOff(control.powerButton, control);
  else await control.powerButton.hold(new AbortController().signal);
  return "done";
}

/** False when the line is not there and there is a power button to hold instead: nothing has happened then. */
async function forcedOff(line: Holdable, control: DomainControl): Promise<boolean> {
  try {
    await assertUntilOff(line, control);
    return true;
  } catch (error) {
    if (asBusbarError(error).code === "HARDWARE_UNAVAILABLE" && control.powerButton) return false;
    throw error;
  }
}

/** Lets go early once power-good, high before, is low. */
async function assertUntilOff(button: Holdable, control: DomainControl): Promise<void> {
  const seenOff = new AbortController();
  const unsubscribe = control.sense.onChange((power) => {
    if (power === "off") seenOff.abort();
  });
  try {
    await button.hold(seenOff.signal);
  } finally {
    unsubscribe();
  }
}

async function reset(component: string, context: StepContext): Promise<StepOutcome> {
  const button = context.control.resetButton;
  if (!button) throw unsupported(component, "reset button");
  const power = await settledPower(context);
  if (power === "unknown") throw unknownPower(component);
  if (power === "off") {
    throw new BusbarError("FAILED_PRECONDITION", `${component} is off and can't be reset`, {
      component,
      reason: "power-off",
      remedy: "switch it on",
    });
  }
  await button.press();
  if ((await context.control.sense.readStable()) !== "on") {
    throw new BusbarError("POWER_OPERATION_FAILED", `${component} lost power-good during its reset`, {
      component,
      reason: "power-good-lost",
      remedy: "look at the host's power supply",
    });
  }
  return "done";
}
