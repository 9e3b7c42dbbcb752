import type { Milliseconds } from "@busbar/contracts";

/** Something that changes by itself at a known time. It has no timer: whoever owns the clock advances it. */
export interface Timed {
  /** When it changes next if nothing happens to it. */
  readonly deadline: Milliseconds | undefined;
  /** Lets everything happen that is due at or before `now`. */
  advance(now: Milliseconds): void;
}

export function earliest(deadlines: Iterable<Milliseconds | undefined>): Milliseconds | undefined {
  let first: Milliseconds | undefined;
  for (const each of deadlines) if (each !== undefined && (first === undefined || each < first)) first = each;
  return first;
}

/** Advances all of them to `now` in the order in which their deadlines fall. */
export function advanceTogether(parts: Iterable<Timed>, now: Milliseconds): void {
  for (;;) {
    let next: { readonly part: Timed; readonly at: Milliseconds } | undefined;
    for (const part of parts) {
      const at = part.deadline;
      if (at !== undefined && at <= now && (next === undefined || at < next.at)) next = { part, at };
    }
    if (next === undefined) return;
    next.part.advance(next.at);
  }
}
