import type { Command } from "commander";
import type { Shown } from "../output/printer.ts";
import { type Cell, table } from "../output/table.ts";
import { localTime } from "../output/time.ts";
import { actionWord, statusCell } from "../output/words.ts";
import { type ComponentStateShape, componentStateShape } from "../shapes/component-state.ts";
import { listComponents } from "../system/ask.ts";
import type { Start } from "./start.ts";

export function addStatusCommand(parent: Command, start: Start): void {
  parent
    .command("status")
    .description("state of every component")
    .action((_options: object, command: Command) =>
      start(command, async (context) => {
        const components = await context.bus((bus) => listComponents(bus));
        context.printer.show(shown(components.map(componentStateShape)));
      }),
    );
}

const headings = ["COMPONENT", "STATUS", "POWER", "INTENDED", "SINCE", "OPERATION"];

const shown = (components: readonly ComponentStateShape[]): Shown => ({
  json: { components },
  lines: (paint) => table(headings, components.map(rowOf), paint),
});

const rowOf = (state: ComponentStateShape): Cell[] => [
  state.component,
  statusCell(state.component, state.status),
  powerCell(state.observed),
  powerCell(state.intended),
  localTime(state.changed_at),
  state.operation_id === null ? undefined : `${actionWord(state.action ?? "")} ${state.operation_id}`,
];

/** What can't be told stands out: it is neither on nor off. */
export const powerCell = (power: string): Cell => ({ text: power, tone: power === "unknown" ? "bad" : "plain" });
