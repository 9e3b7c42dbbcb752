import { bashFunction } from "./bash.ts";
import type { Node } from "./command-tree.ts";

/** zsh carries bash's completion functions itself (zshcompsys(1), bashcompinit). */
export const zshCompletion = (tree: Node): string => `autoload -Uz bashcompinit && bashcompinit
${bashFunction(tree)}complete -F _busbar ${tree.path}
`;
