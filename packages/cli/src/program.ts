import { componentKinds } from "@busbar/contracts";
import { Command, Option } from "commander";
import { addBoardCommands } from "./commands/board.ts";
import { addCompletionCommand } from "./commands/completion.ts";
import { addComponentCommands } from "./commands/component.ts";
import { addDomainsCommand } from "./commands/domains.ts";
import { addEmergencyCommands } from "./commands/emergency.ts";
import { addEventsCommand } from "./commands/events.ts";
import { addExplainCommand } from "./commands/explain.ts";
import { addFirmwareLockCommands } from "./commands/firmware-lock.ts";
import { addHealthCommand } from "./commands/health.ts";
import { addHistoryCommand } from "./commands/history.ts";
import { addOperationsCommands } from "./commands/operations.ts";
import { addPlatformCommands } from "./commands/platform.ts";
import { addSettingsCommands } from "./commands/settings.ts";
import type { Start } from "./commands/start.ts";
import { addStatusCommand } from "./commands/status.ts";
import { Context, type GlobalOptions } from "./context.ts";
import { outputFormats } from "./output/printer.ts";
import type { Surroundings } from "./surroundings.ts";
import { usageError } from "./usage-error.ts";

const version = "0.1.0";

/** The tree of all commands. `complain` gets what commander would say on stderr. */
export function buildProgram(surroundings: Surroundings, complain: (text: string) => void): Command {
  const program = new Command("busbar")
    .description("Power of the hosts, the chassis and the controller of one BMC.")
    .version(version, "--version", "version of this command")
    .helpOption("-h, --help", "what can be said here")
    .helpCommand("help [command]", "what can be said to a command")
    .addOption(new Option("-o, --output <format>", "form of the result").choices(outputFormats).default("table"))
    .option("--no-color", "no colour, even on a terminal (as NO_COLOR=1)")
    .option("--nats-url <url>", "broker of the system, for instance nats://127.0.0.1:4222")
    .option("--data-dir <directory>", "where a system that runs on this machine keeps its run.json")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => surroundings.stdout.write(text), writeErr: complain, outputError() {} });

  const start: Start = (command, work) => work(new Context(surroundings, command.optsWithGlobals<GlobalOptions>()));
  addStatusCommand(program, start);
  for (const kind of [...componentKinds].toReversed()) addComponentCommands(program, kind, start);
  addExplainCommand(program, start);
  addEmergencyCommands(program, start);
  addFirmwareLockCommands(program, start);
  addHistoryCommand(program, start);
  addOperationsCommands(program, start);
  addDomainsCommand(program, start);
  addEventsCommand(program, start);
  addHealthCommand(program, start);
  addSettingsCommands(program, start);
  addBoardCommands(program, start);
  addPlatformCommands(program, start);
  addCompletionCommand(program, start);
  nameUsageErrors(program, "busbar");
  return program;
}

/** commander tells what is wrong, not in which command it is. */
function nameUsageErrors(command: Command, path: string): void {
  command.exitOverride((error) => {
    throw error.exitCode === 0 ? error : usageError(error, path);
  });
  for (const child of command.commands) nameUsageErrors(child, `${path} ${child.name()}`);
}
