import type { BoardSnapshot, Hazard, HazardReport, JournalEntry } from "@busbar/hardware";
import { printable } from "../output/printable.ts";
import type { Paint, Tone } from "../output/style.ts";
import { type Cell, table } from "../output/table.ts";
import { powerCell } from "./status.ts";

export function boardLines(board: BoardSnapshot, paint: Paint): string[] {
  const { mains, standby, latch, hosts, chassis, bmcs, lines } = board;
  const components: Cell[][] = [
    ...chassis.map(({ component, power, rails }) => [component, powerCell(power), rails ? "rails up" : "rails down"]),
    ...hosts.map(({ component, power, os, boots, resets }) => [
      component,
      powerCell(power),
      `os ${os}, ${boots} boots, ${resets} resets`,
    ]),
    ...bmcs.map(({ component, resets }) => [component, undefined, `${resets} resets`]),
  ];
  return [
    `${board.board}: mains ${mains}, standby ${standby}, emergency latch ${latch ? "set" : "clear"}`,
    "",
    ...table(["COMPONENT", "POWER", "STATE"], components, paint),
    "",
    ...table(
      ["LINE", "ROLE", "WIRE", "ASSERTED", "HELD BY"],
      lines.map(({ line, role, wire, asserted, holder }) => [line, role, wire, asserted ? "yes" : "no", holder]),
      paint,
    ),
  ];
}

export function hazardLines({ hazards, pending, omitted }: HazardReport, paint: Paint): string[] {
  if (hazards.length + pending.length + omitted === 0) return ["the hazard judge has seen nothing dangerous"];
  const row = (verdict: string, tone: Tone) => (hazard: Hazard) => [
    { text: verdict, tone },
    hazard.code,
    hazard.component,
    hazard.line,
    seconds(hazard.when),
    hazard.text,
  ];
  const rows: Cell[][] = [...hazards.map(row("hazard", "bad")), ...pending.map(row("unexplained yet", "busy"))];
  const more = omitted === 0 ? [] : [`and ${omitted} more`];
  return [...table(["VERDICT", "CODE", "COMPONENT", "LINE", "AT", "WHAT"], rows, paint), ...more];
}

/** Number, time on the board's own clock, type, and what the type has more. */
export function entryLine({ seq, at, type, ...rest }: JournalEntry, paint: Paint): string {
  const more = Object.entries(rest).map(([name, value]) => `${name}=${wordOf(value)}`);
  return `${String(seq).padStart(5)}  ${paint("quiet", seconds(at).padStart(11))}  ${type.padEnd(11)}  ${more.join(" ")}`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(3)} s`;

const wordOf = (value: unknown): string => printable(typeof value === "object" ? JSON.stringify(value) : String(value));
