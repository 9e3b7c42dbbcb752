import { type Milliseconds, milliseconds } from "@busbar/contracts";

const unitInMs = { ms: 1, s: 1_000, m: 60_000 } as const;
type Unit = keyof typeof unitInMs;

const pattern = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m)$/;
const isUnit = (text: string | undefined): text is Unit => text !== undefined && Object.hasOwn(unitInMs, text);

/** `200ms`, `2s`, `3.5s`, `5m`, to the microsecond. Undefined for anything else: a bare number has no unit to trust. */
export function parseDuration(text: string): Milliseconds | undefined {
  const [, count, unit] = pattern.exec(text) ?? [];
  if (!isUnit(unit)) return undefined;
  // Binary fractions make 1.005 s a hair less than 1005 ms, and a range check would then refuse its own limit.
  const value = Math.round(Number(count) * unitInMs[unit] * 1_000) / 1_000;
  return Number.isFinite(value) ? milliseconds(value) : undefined;
}

/** A duration written in our own code, in the notation of the files. */
export function duration(text: `${number}${Unit}`): Milliseconds {
  const value = parseDuration(text);
  if (value === undefined) throw new RangeError(`${text} is not a duration`);
  return value;
}

/** The shortest spelling that `parseDuration` reads back as the same value. */
export function formatDuration(value: Milliseconds): string {
  if (value >= unitInMs.m && value % unitInMs.m === 0) return `${value / unitInMs.m}m`;
  if (value >= unitInMs.s && Number.isInteger(value)) return `${value / unitInMs.s}s`;
  return `${value}ms`;
}
