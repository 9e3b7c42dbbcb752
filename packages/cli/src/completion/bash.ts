import { type Flag, type Node, nodesIn, wordsAt } from "./command-tree.ts";

/** Works in bash 3.2 and up, and in zsh under bashcompinit: no associative arrays, no bash-completion package. */
export function bashFunction(tree: Node): string {
  const nodes = nodesIn(tree);
  const valued = valuedFlags(nodes);
  return `_busbar() {
  local cur prev word path words flags i skip
  cur="\${COMP_WORDS[COMP_CWORD]}"
  prev="\${COMP_WORDS[COMP_CWORD-1]}"
  path=${quoted(tree.path)}
  skip=
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [ -n "$skip" ]; then skip=; continue; fi
    case "$word" in
      ${valued.map(({ name }) => name).join("|")}) skip=1; continue ;;
    esac
    case "$path $word" in
      ${nodes
        .slice(1)
        .map(({ path }) => quoted(path))
        .join("|")}) path="$path $word" ;;
    esac
  done
  case "$prev" in
${valued.map(valueCase).join("\n")}
  esac
  case "$path" in
${nodes.map(nodeCase).join("\n")}
  esac
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
  esac
  if [ "$path" = ${quoted(fileArgument)} ] && [ "$cur" = "\${cur#-}" ]; then COMPREPLY=($(compgen -f -- "$cur")); fi
}
`;
}

export const bashCompletion = (tree: Node): string =>
  `${bashFunction(tree)}complete -o filenames -F _busbar ${tree.path}\n`;

/** The one command whose argument is a file. */
const fileArgument = "busbar platform check";

const quoted = (text: string): string => `"${text}"`;

const valuedFlags = (nodes: readonly Node[]): Flag[] => [
  ...new Map(
    nodes.flatMap(({ flags }) => flags.filter(({ takesValue }) => takesValue)).map((flag) => [flag.name, flag]),
  ).values(),
];

const valueCase = ({ name, choices }: Flag): string => {
  if (choices.length > 0) return `    ${name}) COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$cur")); return ;;`;
  return name === "--data-dir"
    ? `    ${name}) COMPREPLY=($(compgen -d -- "$cur")); return ;;`
    : `    ${name}) COMPREPLY=(); return ;;`;
};

const nodeCase = (node: Node): string =>
  `    ${quoted(node.path)}) words="${wordsAt(node).join(" ")}"; flags="${node.flags.map(({ name }) => name).join(" ")}" ;;`;
