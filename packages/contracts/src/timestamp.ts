import type { google } from "./messages.ts";

export type Timestamp = google.protobuf.Timestamp.$Properties;

/** @param epochMs milliseconds since 1970 */
export const timestamp = (epochMs: number): Timestamp => ({
  seconds: Math.floor(epochMs / 1000),
  nanos: Math.round((epochMs % 1000) * 1e6),
});

/** Milliseconds since 1970, or undefined for an absent timestamp. */
export const epochMs = (time: Timestamp | null | undefined): number | undefined =>
  time ? (time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1e6 : undefined;
