import type { ComponentName } from "@busbar/contracts";
import type { Command } from "commander";
import { component } from "../arguments/component.ts";
import { limit, usualLimit } from "../arguments/count.ts";
import type { Context } from "../context.ts";
import { type Cell, table } from "../output/table.ts";
import { localTime } from "../output/time.ts";
import { actionWord, statusCell, statusWord } from "../output/words.ts";
import { type StateChangeShape, stateChangeShape } from "../shapes/state-change.ts";
import { getHistory } from "../system/ask.ts";
import type { Start } from "./start.ts";

export interface HistoryFlags {
  readonly limit: number;
}

export function addHistoryCommand(parent: Command, start: Start): void {
  withLimit(parent.command("history"))
    .description("state changes of a component, newest first")
    .argument("<component>", "its name, for instance host.0", component)
    .action((name: ComponentName, flags: HistoryFlags, command: Command) =>
      start(command, (context) => showHistory(context, name, flags)),
    );
}

export const withLimit = (command: Command): Command =>
  command.option("--limit <count>", "how many at most, 1 to 1000", limit, usualLimit);

const headings = ["CHANGED", "FROM", "TO", "REASON", "ACTION", "ACTOR", "OPERATION", "MESSAGE"];

export async function showHistory(context: Context, name: ComponentName, flags: HistoryFlags): Promise<void> {
  const changes = (await context.bus((bus) => getHistory(bus, name, flags.limit))).map(stateChangeShape);
  context.printer.show({
    json: { component: name, changes },
    lines: (paint) => table(headings, changes.map(rowOf), paint),
  });
}

const rowOf = (change: StateChangeShape): Cell[] => [
  localTime(change.changed_at),
  statusWord(change.previous_status),
  statusCell(change.component, change.current_status),
  change.reason,
  actionWord(change.cause ?? ""),
  change.actor ?? undefined,
  change.operation_id ?? undefined,
  change.message ?? undefined,
];
