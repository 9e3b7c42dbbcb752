import { formatDuration, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Path, Problems } from "./problems.ts";
import type { DomainSpec, SequenceStepSpec } from "./schema.ts";
import { awaitWithin } from "./timing.ts";

/** A step beside the switching itself: an auxiliary supply is enabled, its good signal is awaited, something settles. */
export type SequenceStep =
  | { readonly type: "set"; readonly line: string; readonly to: "active" | "inactive" }
  | {
      readonly type: "await";
      readonly line: string;
      readonly level: "active" | "inactive";
      readonly within: Milliseconds;
    }
  | { readonly type: "pause"; readonly duration: Milliseconds };

export interface CustomSequence {
  readonly beforeOn?: readonly SequenceStep[];
  readonly afterOff?: readonly SequenceStep[];
}

/** The most that steps take when all goes well enough. */
export const sequenceTime = (steps: readonly SequenceStep[] = []): Milliseconds =>
  milliseconds(
    steps.reduce(
      (sum, step) => sum + (step.type === "await" ? step.within : step.type === "pause" ? step.duration : 0),
      0,
    ),
  );

export function defineSequence(spec: DomainSpec, path: Path, problems: Problems): CustomSequence {
  const steps = (key: "beforeOn" | "afterOff") =>
    spec.sequence?.[key]?.flatMap((step, index) => defineStep(step, [...path, key, index], problems) ?? []);
  const [beforeOn, afterOff] = [steps("beforeOn"), steps("afterOff")];
  return { ...(beforeOn && { beforeOn }), ...(afterOff && { afterOff }) };
}

/** Keys that belong to a kind of step; the first one makes the kind. */
const keysOf = { set: ["set", "to"], await: ["await", "level", "within"], pause: ["pause"] } as const;
const kinds = ["set", "await", "pause"] as const;

function defineStep(spec: SequenceStepSpec, path: Path, problems: Problems): SequenceStep | undefined {
  if (problems.isSuspect(path)) return undefined;
  const [kind, ...more] = kinds.filter((each) => spec[each] !== undefined);
  if (kind === undefined) {
    problems.add(path, "does nothing", "write set, await or pause");
    return undefined;
  }
  if (more.length > 0) {
    problems.add(path, `is ${[kind, ...more].join(" and ")} at once`, "make each a step of its own");
    return undefined;
  }
  const known: readonly string[] = keysOf[kind];
  const stray = Object.keys(spec).find((key) => !known.includes(key));
  if (stray !== undefined) {
    problems.add([...path, stray], `"${stray}" has no effect on ${kind}`, `remove it; known here: ${known.join(", ")}`);
    return undefined;
  }
  if (spec.set !== undefined) {
    if (spec.to !== undefined) return { type: "set", line: spec.set, to: spec.to };
    problems.add([...path, "to"], "is missing", "write to: active or to: inactive");
  } else if (spec.await !== undefined) {
    const { level, within = awaitWithin.usual } = spec;
    if (level !== undefined) return { type: "await", line: spec.await, level, within };
    problems.add([...path, "level"], "is missing", "write level: active or level: inactive");
  } else if (spec.pause !== undefined) {
    return { type: "pause", duration: spec.pause };
  }
  return undefined;
}

/** Steps that outlast their operation would be cut off each time. */
export function checkSequenceTime(
  sequence: CustomSequence,
  timing: { readonly powerGood: Milliseconds; readonly operation: Milliseconds },
  domain: Path,
  problems: Problems,
): void {
  for (const key of ["beforeOn", "afterOff"] as const) {
    const path = [...domain, "sequence", key];
    const needed = milliseconds(sequenceTime(sequence[key]) + timing.powerGood);
    if (needed <= timing.operation || problems.isSuspect(path) || problems.isSuspect([...domain, "timing"])) continue;
    const [steps, operation] = [formatDuration(sequenceTime(sequence[key])), formatDuration(timing.operation)];
    problems.add(
      path,
      `may take ${steps}, which with powerGood ${formatDuration(timing.powerGood)} is more than operation ${operation}`,
      `shorten the steps, or make timing.operation at least ${formatDuration(needed)}`,
      "key",
    );
  }
}
