import type { Milliseconds } from "@busbar/contracts";
import type { JournalEntry } from "@busbar/hardware";
import type { Command } from "commander";
import { count } from "../arguments/count.ts";
import { pulse } from "../arguments/duration.ts";
import { Interrupted } from "../interrupted.ts";
import { addFaultCommands } from "./board-fault.ts";
import { boardLines, entryLine, hazardLines } from "./board-shown.ts";
import type { Start } from "./start.ts";

interface JournalFlags {
  readonly after: number;
  readonly follow?: boolean;
}

/** What the world does to a simulated board, and what the board saw. Real boards have hands and instruments for that. */
export function addBoardCommands(parent: Command, start: Start): void {
  const board = parent.command("board").description("the simulated board: look at it, press its buttons, break it");
  board
    .command("state")
    .description("power, operating systems and lines, as they are")
    .action((_options: object, command: Command) =>
      start(command, async (context) => {
        const state = await context.board((controller) => controller.state());
        context.printer.show({ json: state, lines: (paint) => boardLines(state, paint) });
      }),
    );
  board
    .command("hazards")
    .description("dangerous acts that the hazard judge has seen")
    .action((_options: object, command: Command) =>
      start(command, async (context) => {
        const report = await context.board((controller) => controller.hazards({ final: false }));
        context.printer.show({ json: report, lines: (paint) => hazardLines(report, paint) });
      }),
    );
  board
    .command("journal")
    .description("every edge and event, one per line")
    .option("--after <seq>", "only what came after this entry", count(0, Number.MAX_SAFE_INTEGER), 0)
    .option("-f, --follow", "and what comes, until Ctrl-C")
    .action(({ after, follow = false }: JournalFlags, command: Command) =>
      start(command, async (context) => {
        const { printer, surroundings } = context;
        const show = (entry: JournalEntry) =>
          printer.record({ json: entry, lines: (paint) => [entryLine(entry, paint)] });
        await context.board(async (controller) => {
          if (!follow) return (await controller.entries(after)).forEach(show);
          for await (const entry of controller.follow({ after, signal: surroundings.interrupted() })) show(entry);
          throw new Interrupted("stopped following");
        });
      }),
    );
  board
    .command("press")
    .description("press a button at the front panel, as a person would")
    .argument("<line>", "for instance power-button-0")
    .argument("<ms>", "for how long", pulse)
    .action((line: string, held: Milliseconds, _options: object, command: Command) =>
      start(command, async (context) => {
        await context.board((controller) => controller.press(line, held));
        context.printer.show({ json: { line, held_ms: held }, lines: () => [`${line} pressed for ${held} ms`] });
      }),
    );
  addFaultCommands(board, start);
}
