import type { Command } from "commander";

/** What may be said at one place of the command line. */
export interface Node {
  /** From the program on: `busbar host on`. */
  readonly path: string;
  /** With its arguments: `busbar host on <n>`. */
  readonly usage: string;
  readonly description: string;
  readonly commands: readonly Node[];
  /** Its own and those of every command. */
  readonly flags: readonly Flag[];
  /** Words that an argument is chosen from, of all its arguments. */
  readonly choices: readonly string[];
}

export interface Flag {
  /** With its dashes. */
  readonly name: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** The commands as data, so that completion can't offer what isn't there. */
export function commandTree(program: Command): Node {
  return nodeOf(program, program.name(), flagsOf(program));
}

function nodeOf(command: Command, path: string, everywhere: readonly Flag[]): Node {
  const own = command.parent === null ? [] : flagsOf(command);
  return {
    path,
    usage: [
      path,
      ...command.registeredArguments.map((each) => {
        const name = `${each.name()}${each.variadic ? "..." : ""}`;
        return each.required ? `<${name}>` : `[${name}]`;
      }),
    ].join(" "),
    description: command.description(),
    commands: command.commands.map((child) => nodeOf(child, `${path} ${child.name()}`, everywhere)),
    flags: [
      ...own,
      ...everywhere,
      { name: "--help", description: "what can be said here", takesValue: false, choices: [] },
    ],
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
}

const flagsOf = (command: Command): Flag[] =>
  command.options
    .filter(({ hidden, long }) => !hidden && long !== undefined)
    .map(({ long, description, required, optional, argChoices }) => ({
      name: long ?? "",
      description,
      takesValue: required || optional,
      choices: argChoices ?? [],
    }));

/** A node and all below it. */
export const nodesIn = (node: Node): Node[] => [node, ...node.commands.flatMap(nodesIn)];

/** The words that come next at a node: commands, else what an argument is chosen from. */
export const wordsAt = ({ commands, choices, path }: Node): string[] => [
  ...commands.map((child) => child.path.slice(path.length + 1)),
  ...choices,
];
