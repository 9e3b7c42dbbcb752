import { type Milliseconds, milliseconds } from "./time.ts";

const unitInMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitInMs;

/** A duration as people write it: `250ms`, `10s`, `1.5m`, `24h`, `7d`. */
export type DurationText = `${number}${Unit}`;

const pattern = /^([0-9]{1,15}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)$/;
const isUnit = (text: string | undefined): text is Unit => text !== undefined && Object.hasOwn(unitInMs, text);

/** To the microsecond. Undefined for anything else: a bare number has no unit to trust. */
export function parseDuration(text: string): Milliseconds | undefined {
  const [, count, unit] = pattern.exec(text) ?? [];
  if (!isUnit(unit)) return undefined;
  // Binary fractions make 1.005 s a hair less than 1005 ms, and a range check would then refuse its own limit.
  return milliseconds(Math.round(Number(count) * unitInMs[unit] * 1_000) / 1_000);
}

/** A duration written in our own code, in the notation of files and flags. */
export function duration(text: DurationText): Milliseconds {
  const value = parseDuration(text);
  if (value === undefined) throw new RangeError(`${text} is not a duration`);
  return value;
}

/** The shortest spelling that `parseDuration` reads back as the same value. */
export function formatDuration(value: Milliseconds): string {
  for (const unit of ["d", "h", "m"] as const) {
    if (value >= unitInMs[unit] && value % unitInMs[unit] === 0) return `${value / unitInMs[unit]}${unit}`;
  }
  return value >= unitInMs.s && Number.isInteger(value) ? `${value / unitInMs.s}s` : `${value}ms`;
}
