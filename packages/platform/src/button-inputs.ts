import type { Path, Problems } from "./problems.ts";
import type { DomainSpec } from "./schema.ts";

/** A button of the front panel, seen on an input line. */
export interface ButtonInput {
  readonly line: string;
  /** pass-through: the hardware acts itself. act: the BMC acts for the button. mask: nobody does. */
  readonly mode: "pass-through" | "act" | "mask";
}

export interface ButtonInputs {
  readonly powerButton?: ButtonInput;
  readonly resetButton?: ButtonInput;
}

/** The front-panel buttons of a domain, or undefined where it has none. */
export function defineInputs(spec: DomainSpec, domain: Path, problems: Problems): ButtonInputs | undefined {
  if (spec.inputs === undefined) return undefined;
  const path = [...domain, "inputs"];
  const { powerButton, resetButton, enable } = spec.backend.gpio ?? {};
  if (enable !== undefined) {
    problems.add(path, "are buttons of a domain that enable switches", "give them to the host that they serve", "key");
    return undefined;
  }
  const inputs: { powerButton?: ButtonInput; resetButton?: ButtonInput } = {};
  for (const key of ["powerButton", "resetButton"] as const) {
    const input = spec.inputs[key];
    if (input === undefined) continue;
    inputs[key] = input;
    // Only a press that we make can follow from a press that we see.
    const acts = { powerButton, resetButton }[key];
    if (input.mode !== "act" || acts !== undefined || problems.isSuspect([...domain, "backend"])) continue;
    const fix = `name the ${key} that the BMC is to press in backend.gpio, or write mode: pass-through or mask`;
    problems.add([...path, key, "mode"], `act, but the BMC has no ${key} to press for it`, fix);
  }
  return inputs;
}
