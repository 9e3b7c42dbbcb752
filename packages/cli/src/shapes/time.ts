import { epochMs, type Timestamp } from "@busbar/contracts";

/** RFC 3339 in UTC, to the millisecond; null when the peer gave none. */
export function isoTime(time: Timestamp | null | undefined): string | null {
  const ms = epochMs(time);
  return ms === undefined ? null : new Date(ms).toISOString();
}
