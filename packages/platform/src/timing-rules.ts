import { duration, formatDuration, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Path, Problems } from "./problems.ts";
import { type TimingKey, type Timings, timings } from "./timing.ts";

export type WrittenTimings = { readonly [Key in TimingKey]?: Milliseconds | undefined };

/**
 * The file's timings, completed and held against each other. Keys outside `effective` would change nothing on the
 * domain at `path` and are refused.
 */
export function completeTimings(
  path: Path,
  written: WrittenTimings,
  effective: readonly TimingKey[],
  problems: Problems,
): Timings {
  const usual = (key: TimingKey): Milliseconds => written[key] ?? timings[key].usual;
  const complete: Timings = {
    press: usual("press"),
    reset: usual("reset"),
    forceHold: usual("forceHold"),
    forceThreshold: usual("forceThreshold"),
    powerGood: usual("powerGood"),
    minimumOff: usual("minimumOff"),
    gracefulOff: usual("gracefulOff"),
    operation: usual("operation"),
  };
  for (const key of Object.keys(written).filter(isTimingKey)) {
    if (effective.includes(key)) continue;
    const fix = `remove it; with an effect here: ${effective.join(", ")}`;
    problems.add([...path, key], `${key} ${formatDuration(complete[key])} has no effect on this domain`, fix, "key");
  }
  for (const { key, besides, broken } of rules) {
    const keys = [key, ...besides];
    if (keys.some((each) => !effective.includes(each) || problems.isSuspect([...path, each]))) continue;
    const found = broken(complete);
    if (found !== undefined) problems.add([...path, key], found.what, found.fix);
  }
  return complete;
}

const isTimingKey = (text: string): text is TimingKey => Object.hasOwn(timings, text);

interface Rule {
  /** What is to be changed if the rule is broken. */
  readonly key: TimingKey;
  /** What it is compared with. */
  readonly besides: readonly TimingKey[];
  broken(time: Timings): { readonly what: string; readonly fix: string } | undefined;
}

/** A momentary line may stay asserted this long past its time when powermgr is killed (DESIGN §11, rule 3). */
const releaseAfterKill = duration("1s");

const spell = (time: Timings, key: TimingKey): string => `${key} ${formatDuration(time[key])}`;

const endsBeforeForceOff = (key: "press" | "reset"): Rule => ({
  key,
  besides: ["forceThreshold"],
  broken(time) {
    if (time[key] + releaseAfterKill < time.forceThreshold) return undefined;
    const late = formatDuration(releaseAfterKill);
    return {
      what: `${spell(time, key)} is too near to ${spell(time, "forceThreshold")}: released ${late} late, after a kill, it forces power off`,
      fix: `keep ${key} more than ${late} below forceThreshold (usual: ${formatDuration(timings[key].usual)})`,
    };
  },
});

const operationCovers = (...parts: readonly TimingKey[]): Rule => ({
  key: "operation",
  besides: parts,
  broken(time) {
    const needed = milliseconds(parts.reduce((sum, key) => sum + time[key], 0));
    if (time.operation >= needed) return undefined;
    const slow = parts.map((key) => spell(time, key)).join(" and ");
    return {
      what: `${spell(time, "operation")} ends before ${slow}: what still succeeds would be reported as failed`,
      fix: `make operation at least ${formatDuration(needed)}`,
    };
  },
});

const rules: readonly Rule[] = [
  endsBeforeForceOff("press"),
  endsBeforeForceOff("reset"),
  {
    key: "forceHold",
    besides: ["forceThreshold"],
    broken(time) {
      if (time.forceHold > time.forceThreshold) return undefined;
      return {
        what: `${spell(time, "forceHold")} does not exceed ${spell(time, "forceThreshold")}: a force off would pass for a press`,
        fix: `make forceHold longer than forceThreshold (usual: ${formatDuration(timings.forceHold.usual)})`,
      };
    },
  },
  operationCovers("forceHold", "powerGood"),
  operationCovers("powerGood"),
  operationCovers("reset"),
];
