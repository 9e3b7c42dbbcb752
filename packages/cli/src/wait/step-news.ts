import { printable } from "../output/printable.ts";
import { span } from "../output/time.ts";
import type { StepShape } from "../shapes/operation.ts";

/** Tells each step once, when it has ended; which one goes on now is asked for. */
export class StepNews {
  #told = new Set<number>();
  #running: StepShape | undefined;

  /** @returns the steps that have ended since the last time */
  update(steps: readonly StepShape[]): readonly StepShape[] {
    this.#running = steps.findLast(({ outcome }) => outcome === null);
    const ended = [...steps.entries()].filter(([index, { outcome }]) => outcome !== null && !this.#told.has(index));
    for (const [index] of ended) this.#told.add(index);
    return ended.map(([, step]) => step);
  }

  get running(): StepShape | undefined {
    return this.#running;
  }
}

/** What a step does, for people: `press power-button-0`, `wait for power-good`. */
export function stepText({ kind, line }: StepShape): string {
  if (kind === "await") return "wait for power-good";
  return printable(line === null ? kind : `${kind} ${line}`);
}

export function endedStepText(step: StepShape): string {
  const outcome = step.outcome === null || step.outcome === "done" ? "" : `: ${printable(step.outcome)}`;
  return `${stepText(step)}${outcome} (${span(step.duration_ms)})`;
}
