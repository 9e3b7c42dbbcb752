import type { JournalEntry } from "@busbar/hardware";

export type EdgeEntry = Extract<JournalEntry, { readonly type: "edge" }>;

/** One assertion of a line, as the board saw it. */
export interface Pulse {
  readonly line: string;
  readonly by: string;
  /** Wire level while asserted. */
  readonly wire: "low" | "high";
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

export const isEdge = (entry: JournalEntry): entry is EdgeEntry => entry.type === "edge";

/** Edges that a client drove: neither the plant nor a human. */
export const drivenEdges = (entries: readonly JournalEntry[]): EdgeEntry[] =>
  entries.filter(isEdge).filter(({ by }) => by !== "plant" && by !== "panel");

/** The assertions of a line that have ended. */
export function pulsesOn(line: string, entries: readonly JournalEntry[]): Pulse[] {
  const edges = entries.filter(isEdge).filter((edge) => edge.line === line);
  return edges.flatMap((edge, at) => {
    const end = edges[at + 1];
    if (!edge.asserted || end === undefined) return [];
    return [{ line, by: edge.by, wire: edge.wire, from: edge.at, to: end.at, width: end.at - edge.at }];
  });
}

/** One line per entry, for people. */
export const shownEntry = ({ seq, at, type, ...rest }: JournalEntry): string =>
  `${String(seq).padStart(5)} ${at.toFixed(1).padStart(10)} ms ${type.padEnd(11)} ${JSON.stringify(rest)}`;
