import { type Milliseconds, parseDuration } from "@busbar/contracts";
import { InvalidArgumentError } from "commander";

/** Node's timers overflow at 2^31 ms; a day is more than anybody waits. */
const longestMs = 86_400_000;

/** `500ms`, `60s`, `10m`, `1h`: more than nothing, a day at most. */
export function durationArgument(text: string): Milliseconds {
  const value = parseDuration(text);
  if (value !== undefined && value > 0 && value <= longestMs) return value;
  throw new InvalidArgumentError("Write it with its unit, for instance 60s or 10m.");
}

/** As `durationArgument`; a bare number counts milliseconds. */
export const pulse = (text: string): Milliseconds => durationArgument(/^[0-9]+$/.test(text) ? `${text}ms` : text);
