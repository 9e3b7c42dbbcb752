import type { Hazard, JournalEntry } from "@busbar/hardware";

/** Power-good of the fast board follows power within 10 ms, and a press counts after 10 ms. */
const blindMs = 40;

/**
 * Whether a toggle met a host that changed by itself in the same moment: its operating system had just finished shutting
 * down, or somebody pressed the button at the front panel. Power-good still showed what had been, so no reading of it
 * could have told; on hardware that race is there, too. Everything else is held against powermgr.
 */
export function isUnknowable({ code, component, line, when }: Hazard, entries: readonly JournalEntry[]): boolean {
  if (code !== "hold-powers-on" && code !== "opposite-press") return false;
  return entries.some((entry) => {
    if (Math.abs(entry.at - when) > blindMs) return false;
    if (entry.type === "power") return entry.component === component && entry.cause === "shutdown";
    return entry.type === "edge" && entry.line === line && entry.by === "panel";
  });
}
