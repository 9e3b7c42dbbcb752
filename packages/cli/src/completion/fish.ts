import { type Flag, type Node, nodesIn } from "./command-tree.ts";

/** One line for each word, shown with what it does; `__busbar_at` tells where the cursor is. */
export function fishCompletion(tree: Node): string {
  const nodes = nodesIn(tree);
  const paths = nodes.slice(1).map(({ path }) => quoted(path));
  return `function __busbar_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l path ${tree.path}
    for word in $words
        if contains -- "$path $word" ${paths.join(" ")}
            set path "$path $word"
        end
    end
    test "$path" = "$argv"
end
complete -c ${tree.path} -f
complete -c ${tree.path} -n '__busbar_at busbar platform check' -F
${nodes.flatMap(linesOf).join("\n")}
`;
}

const linesOf = (node: Node): string[] => [
  ...node.commands.map((child) => wordLine(node, child.path.slice(node.path.length + 1), child.description)),
  ...node.choices.map((choice) => wordLine(node, choice, "")),
  ...node.flags.map((flag) => flagLine(node, flag)),
];

const head = (node: Node): string => `complete -c busbar -n ${quoted(`__busbar_at ${node.path}`)}`;

const wordLine = (node: Node, word: string, description: string): string =>
  `${head(node)} -a ${quoted(word)}${description === "" ? "" : ` -d ${quoted(description)}`}`;

const flagLine = (node: Node, { name, description, takesValue, choices }: Flag): string =>
  [
    head(node),
    `-l ${name.slice(2)}`,
    `-d ${quoted(description)}`,
    ...(takesValue ? ["-r"] : []),
    ...(choices.length > 0 ? [`-a ${quoted(choices.join(" "))}`] : []),
    ...(name === "--data-dir" ? ["-F"] : []),
  ].join(" ");

/** In fish only backslash and the quote itself are special between single quotes. */
const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
