import type { Hazard, JournalEntry } from "@busbar/hardware";

/** Power-good of the fast board follows power within 10 ms, and a press counts after 10 ms. */
const blindMs = 40;

/** The judge gives an accepted request to the earliest toggle that it explains, as long as news of it may be late. */
const newsSpanMs = 10_000;

/**
 * Whether a toggle met a host that changed by itself in the same moment: its operating system had just finished shutting
 * down, or somebody pressed the button at the front panel. Power-good still showed what had been, so no reading of it
 * could have told; on hardware that race is there, too. Everything else is held against powermgr.
 *
 * To the judge such a toggle is one that switched on. If the news of an accepted ON comes after it, the judge takes that
 * request for its reason, and the toggle that the ON was for seems repeated. Whether powermgr has repeated a toggle is
 * seen from its own journal besides (`strayToggles`).
 */
export function isUnknowable({ code, component, line, when }: Hazard, entries: readonly JournalEntry[]): boolean {
  if (code === "hold-powers-on" || code === "opposite-press") return changedByItself(component, line, when, entries);
  if (code !== "repeated-toggle") return false;
  return entries.some(
    (entry) =>
      entry.type === "edge" &&
      entry.line === line &&
      entry.asserted &&
      entry.by === "powermgr" &&
      entry.at < when &&
      entry.at >= when - newsSpanMs &&
      changedByItself(component, line, entry.at, entries),
  );
}

const changedByItself = (component: string, line: string, when: number, entries: readonly JournalEntry[]): boolean =>
  entries.some((entry) => {
    if (Math.abs(entry.at - when) > blindMs) return false;
    if (entry.type === "power") return entry.component === component && entry.cause === "shutdown";
    return entry.type === "edge" && entry.line === line && entry.by === "panel";
  });
