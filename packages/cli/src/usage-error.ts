import { BusbarError } from "@busbar/contracts";
import type { CommanderError } from "commander";

/** `…'x' is invalid for argument 'n'. Remedy.` and `option '--limit <count>' argument 'x' is invalid. Remedy.` */
const badArgument = /^command-argument value '(?<value>.*)' is invalid for argument '(?<name>.*)'\.\s*(?<remedy>.*)$/s;
const badOption = /^option '(?<name>.*)' argument '(?<value>.*)' is invalid\.\s*(?<remedy>.*)$/s;

/** What commander found wrong with a command line, as an error of ours. `path` is the command: `busbar host on`. */
export function usageError({ code, message }: CommanderError, path: string): BusbarError {
  const help = `see ${path} --help`;
  // A command that only holds others was given none of them; commander has written its help.
  if (code === "commander.help") return invalid("no command was given", help);
  const text = message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  const { name, value, remedy } = (badArgument.exec(text) ?? badOption.exec(text))?.groups ?? {};
  if (name === undefined || remedy === undefined) return invalid(sentence(text), help);
  return invalid(`${name}: "${value}" is not valid`, sentence(remedy) || help);
}

const invalid = (message: string, remedy: string): BusbarError =>
  new BusbarError("INVALID_ARGUMENT", message, { reason: "usage", remedy });

/** As a part of our one line: no capital, no full stop. */
const sentence = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1).replace(/\.$/, "");
