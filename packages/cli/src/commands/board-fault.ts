import type { Fault, FaultKind } from "@busbar/hardware";
import { Argument, type Command, InvalidArgumentError } from "commander";
import { fault, faultForms } from "../arguments/fault.ts";
import { table } from "../output/table.ts";
import type { Start } from "./start.ts";

/** Faults stay until they are cleared, except a glitch, a trip and an OS that powers itself off. */
export function addFaultCommands(board: Command, start: Start): void {
  const group = board.command("fault").description("what is broken on the simulated board");
  group
    .command("set")
    .description("break something")
    .addArgument(new Argument("<kind>", "which fault").choices(kinds))
    .argument("<target>", "a component or a line")
    .argument("[value]", "a level (low, high) or a time in ms, where the fault takes one")
    .addHelpText("after", () => `\nFaults:\n${forms().join("\n")}`)
    .action((kind: FaultKind, target: string, value: string | undefined, _options: object, command: Command) =>
      start(command, async (context) => {
        const wanted = understood(command, () => fault(kind, target, value));
        await context.board((controller) => controller.setFault(wanted));
        context.printer.show({ json: { set: wanted }, lines: () => [`set: ${faultText(wanted)}`] });
      }),
    );
  group
    .command("clear")
    .description("mend faults of a kind and a target, of a kind, or all")
    .addArgument(new Argument("[kind]", "which faults").choices(kinds))
    .argument("[target]", "a component or a line")
    .action((kind: FaultKind | undefined, target: string | undefined, _options: object, command: Command) =>
      start(command, async (context) => {
        const cleared = await context.board((controller) =>
          controller.clearFaults({ ...(kind && { kind }), ...(target !== undefined && { target }) }),
        );
        context.printer.show({ json: { cleared }, lines: () => [`${cleared} cleared`] });
      }),
    );
  group
    .command("list")
    .description("what is broken now")
    .action((_options: object, command: Command) =>
      start(command, async (context) => {
        const faults = await context.board((controller) => controller.faults());
        context.printer.show({
          json: { faults },
          lines: (paint) =>
            faults.length === 0
              ? ["nothing is broken"]
              : table(
                  ["FAULT", "TARGET", "VALUE"],
                  faults.map((each) => [each.kind, targetIn(each), valueIn(each)]),
                  paint,
                ),
        });
      }),
    );
}

const kinds = [...faultForms.keys()];
const forms = (): string[] => [...faultForms].map(([kind, takes]) => `  ${kind} ${takes}`);

/** Arguments that only together can be wrong, told as commander tells the others. */
function understood<T>(command: Command, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidArgumentError) command.error(`error: ${error.message}`);
    throw error;
  }
}

const targetIn = (each: Fault): string => ("line" in each ? each.line : each.component);

function valueIn(each: Fault): string | undefined {
  if ("level" in each) return each.level;
  if ("delay" in each) return `${each.delay} ms`;
  return "duration" in each ? `${each.duration} ms` : undefined;
}

const faultText = (each: Fault): string =>
  [each.kind, targetIn(each), valueIn(each)].filter((word) => word !== undefined).join(" ");
