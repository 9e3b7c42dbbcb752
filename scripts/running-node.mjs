import { delimiter, dirname } from "node:path";

/**
 * PATH with the Node that runs us in front. Commands that begin with `#!/usr/bin/env node` would otherwise run
 * under another one, for which the native modules aren't compiled.
 */
export const pathOfRunningNode = [dirname(process.execPath), process.env.PATH].filter(Boolean).join(delimiter);
