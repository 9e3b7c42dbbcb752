/** A command line of a page, and what the page shows it to print. */
export interface DocumentedCommand {
  /** Of the page, counted from 1. */
  readonly line: number;
  readonly text: string;
  readonly output: string;
}

/** The command lines of a Markdown page: `$ …` in blocks marked console, every line of those marked sh. */
export function documentedCommands(page: string): DocumentedCommand[] {
  const commands: { line: number; text: string; output: string }[] = [];
  let block: string | undefined;
  for (const [index, line] of page.split("\n").entries()) {
    const fence = /^```(\w*)/.exec(line)?.[1];
    if (fence !== undefined) {
      block = block === undefined ? fence : undefined;
      continue;
    }
    const text = block === "sh" ? line : block === "console" ? /^\$ (.*)$/.exec(line)?.[1] : undefined;
    const last = commands.at(-1);
    if (text !== undefined && text.trim() !== "") commands.push({ line: index + 1, text, output: "" });
    else if (block === "console" && last !== undefined) last.output += `${line}\n`;
  }
  return commands;
}
