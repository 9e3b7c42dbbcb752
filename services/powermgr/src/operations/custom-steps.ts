import type { AuxiliaryLines, DomainControl, LineState } from "@busbar/backend";
import { BusbarError, type ComponentName, type Milliseconds } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { PowerDomain } from "@busbar/platform";

/** One step of a platform's own sequence. All are levels or waits: done twice, they do no more than once. */
export type CustomStep = { readonly component: ComponentName } & (
  | { readonly kind: "set-line"; readonly line: string; readonly to: "active" | "inactive" }
  | {
      readonly kind: "await-line";
      readonly line: string;
      readonly level: "active" | "inactive";
      readonly within: Milliseconds;
    }
  | { readonly kind: "pause"; readonly duration: Milliseconds }
);

export interface CustomStepContext {
  readonly control: Pick<DomainControl, "auxiliary">;
  readonly clock: Pick<Clock, "timer" | "sleep">;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

/** What the platform wants done right before `component` is switched on, or once it is verified off. */
export function customSteps(
  component: ComponentName,
  sequence: PowerDomain["sequence"],
  when: "beforeOn" | "afterOff",
): readonly CustomStep[] {
  return (sequence[when] ?? []).map((step): CustomStep => {
    switch (step.type) {
      case "set":
        return { component, kind: "set-line", line: step.line, to: step.to };
      case "await":
        return { component, kind: "await-line", line: step.line, level: step.level, within: step.within };
      case "pause":
        return { component, kind: "pause", duration: step.duration };
      default:
        return step satisfies never;
    }
  });
}

/** @throws BusbarError with the code that the operation ends with; the signal's reason when it is aborted */
export async function performCustom(step: CustomStep, { control, clock, signal }: CustomStepContext): Promise<"done"> {
  signal.throwIfAborted();
  switch (step.kind) {
    case "set-line":
      await auxiliaryOf(control, step.component).set(step.line, step.to);
      return "done";
    case "await-line": {
      const seen = await awaitLine(auxiliaryOf(control, step.component), step, clock, signal);
      if (seen === step.level) return "done";
      signal.throwIfAborted();
      throw new BusbarError(
        "POWER_GOOD_TIMEOUT",
        `${step.line} of ${step.component} is ${seen}, not ${step.level}, after ${step.within} ms`,
        {
          component: step.component,
          reason: `${step.line}-not-${step.level}`,
          remedy: `check what drives ${step.line}, and the platform's sequence`,
        },
      );
    }
    case "pause":
      await clock.sleep(step.duration, signal);
      return "done";
    default:
      return step satisfies never;
  }
}

function auxiliaryOf(control: CustomStepContext["control"], component: ComponentName): AuxiliaryLines {
  if (control.auxiliary !== undefined) return control.auxiliary;
  throw new BusbarError("FAILED_PRECONDITION", `the backend of ${component} has no auxiliary lines`, {
    component,
    reason: "no-auxiliary-lines",
    remedy: "use a backend that has them, or remove the steps from the platform's sequence",
  });
}

/** What the line shows once it has the level, its time is over, or the operation is aborted. Read again at the end. */
function awaitLine(
  auxiliary: AuxiliaryLines,
  { line, level, within }: Extract<CustomStep, { kind: "await-line" }>,
  clock: CustomStepContext["clock"],
  signal: AbortSignal,
): Promise<LineState> {
  const source = auxiliary.signal(line);
  return new Promise((resolve) => {
    const finish = (state: LineState) => {
      cancel();
      unsubscribe();
      signal.removeEventListener("abort", giveUp);
      resolve(state);
    };
    const giveUp = () => void source.read().then(finish);
    const unsubscribe = source.onChange((state) => {
      if (state === level) finish(state);
    });
    const cancel = clock.timer(within, giveUp);
    signal.addEventListener("abort", giveUp, { once: true });
    void source.read().then((state) => {
      if (state === level) finish(state);
    });
  });
}
