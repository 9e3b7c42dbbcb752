import { type Milliseconds, milliseconds } from "@busbar/contracts";

const unitInMs: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
]);

/** `200ms`, `3.5s`, `5m`, to the microsecond. Undefined for anything else: a bare number has no unit to trust. */
export function parseDuration(text: string): Milliseconds | undefined {
  const [, count, unit] = /^(\d{1,7}(?:\.\d{1,6})?)(ms|s|m)$/.exec(text) ?? [];
  const factor = unitInMs.get(unit ?? "");
  return factor === undefined ? undefined : milliseconds(Math.round(Number(count) * factor * 1_000) / 1_000);
}
