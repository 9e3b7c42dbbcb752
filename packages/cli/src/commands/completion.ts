import { Argument, type Command } from "commander";
import { bashCompletion } from "../completion/bash.ts";
import { commandTree, type Node } from "../completion/command-tree.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import type { Start } from "./start.ts";

const scripts: Readonly<Record<string, (tree: Node) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

const usage = `
  bash:  source <(busbar completion bash)         in ~/.bashrc
  zsh:   source <(busbar completion zsh)          in ~/.zshrc, after compinit
  fish:  busbar completion fish | source          in ~/.config/fish/config.fish
`;

export function addCompletionCommand(parent: Command, start: Start): void {
  parent
    .command("completion")
    .description("script that has a shell complete the words of this command")
    .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(scripts)))
    .addHelpText("after", usage)
    .action((shell: string, _options: object, command: Command) =>
      start(command, async ({ printer }) => {
        const script = scripts[shell]?.(commandTree(parent)) ?? "";
        printer.show({ json: { shell, script }, lines: () => [script.trimEnd()] });
      }),
    );
}
