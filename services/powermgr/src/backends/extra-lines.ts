import type { DomainControl } from "@busbar/backend";
import { BusbarError } from "@busbar/contracts";
import type { PowerDomain } from "@busbar/platform";
import type { HeldLine } from "./held-line.ts";
import { InputSignal } from "./input-signal.ts";
import { standbySense } from "./standby.ts";

export interface ExtraLines {
  readonly lines: readonly HeldLine[];
  readonly signals: readonly InputSignal[];
  readonly capabilities: Pick<DomainControl, "standby" | "auxiliary" | "panel" | "faults">;
}

/** The lines of a domain beside what switches it and shows its power. `asserted` holds what we assert at the moment. */
export function extraLines(
  { standbyGood, inputs, faults, sequence, backend }: PowerDomain,
  take: (name: string) => HeldLine,
  asserted: ReadonlySet<string>,
): ExtraLines {
  const lines: HeldLine[] = [];
  const signals: InputSignal[] = [];
  const held = (name: string): HeldLine => {
    const line = take(name);
    lines.push(line);
    return line;
  };
  const signal = (name: string, button?: string): InputSignal => {
    const made = new InputSignal(held(name), () => button !== undefined && asserted.has(button));
    signals.push(made);
    return made;
  };
  const { powerButton, resetButton } = inputs ?? {};
  const ours = backend.type === "gpio-buttons" ? backend : undefined;
  const steps = [...(sequence.beforeOn ?? []), ...(sequence.afterOff ?? [])];
  const outputs = new Set(steps.flatMap((step) => (step.type === "set" ? [step.line] : [])));
  const awaited = new Set(steps.flatMap((step) => (step.type === "await" ? [step.line] : [])));
  const capabilities = {
    ...(standbyGood && { standby: standbySense(standbyGood.map((name) => signal(name))) }),
    ...(steps.length > 0 && {
      auxiliary: auxiliaryLines(
        new Map([...outputs].map((name) => [name, held(name)])),
        new Map([...awaited].map((name) => [name, signal(name)])),
      ),
    }),
    ...(inputs && {
      panel: {
        ...(powerButton && { powerButton: signal(powerButton.line, ours?.powerButton) }),
        ...(resetButton && { resetButton: signal(resetButton.line, ours?.resetButton) }),
      },
    }),
    ...(faults && { faults: new Map(Object.entries(faults).map(([name, line]) => [name, signal(line)])) }),
  };
  return { lines, signals, capabilities };
}

function auxiliaryLines(outputs: ReadonlyMap<string, HeldLine>, inputs: ReadonlyMap<string, InputSignal>) {
  return {
    async set(line: string, to: "active" | "inactive"): Promise<void> {
      await known(outputs, line)
        .use()
        .set(to === "active" ? 1 : 0);
    },
    signal: (line: string) => known(inputs, line),
  };
}

function known<T>(lines: ReadonlyMap<string, T>, line: string): T {
  const found = lines.get(line);
  if (found !== undefined) return found;
  throw new BusbarError("INTERNAL", `${line} is in no step of this domain's sequence`, { component: line });
}
