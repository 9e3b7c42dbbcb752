import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writableHome } from "./home.mjs";
import { runQuietly } from "./quiet-command.mjs";
import { root } from "./repository.mjs";
import { pathOfRunningNode } from "./running-node.mjs";

/** The one pnpm that this checkout uses, for instance `pnpm@10.34.9`. */
export const pnpmSpec = /** @type {string} */ (
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager
);

/** @returns {NodeJS.ProcessEnv} */
export function packageManagerEnvironment() {
  return { ...process.env, ...writableHome(), PATH: pathOfRunningNode };
}

/**
 * Runs pnpm in the checkout, without having it installed.
 * @param {readonly string[]} args
 * @param {string | undefined} nodeHeaders a folder that holds include/node; undefined lets node-gyp download them
 */
export function runPnpm(args, nodeHeaders) {
  const env = packageManagerEnvironment();
  // node-gyp takes the folder from npm's settings; the variable outranks whatever the user's .npmrc says.
  if (nodeHeaders !== undefined) env.npm_config_nodedir = nodeHeaders;
  // npx hands its own log level on, under which pnpm would keep a failed compiler's words to itself.
  const command = ["--yes", "--loglevel=error", pnpmSpec, "--loglevel=info", "--reporter=append-only", ...args];
  return runQuietly("npx", command, { cwd: root, env });
}
