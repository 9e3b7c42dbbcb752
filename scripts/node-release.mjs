import { join } from "node:path";
import { packageManagerEnvironment } from "./pnpm.mjs";
import { runQuietly } from "./quiet-command.mjs";

/** The npm package that carries Node for this machine: bin/node and include/node of a release, nothing else. */
export const nodePackage = `node-${process.platform}-${process.arch === "arm" ? "armv7l" : process.arch}`;

/**
 * Fetches a release of Node from npm, for where nodejs.org can't be reached.
 * @param {string} version exact, or a major for its newest
 * @param {string} staging an empty folder
 * @returns {Promise<{ ok: boolean, output: string, folder: string }>} the folder that holds bin/ and include/
 */
export async function fetchNodeRelease(version, staging) {
  const flags = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { ok, output } = await runQuietly(
    "npm",
    ["install", "--prefix", staging, ...flags, `${nodePackage}@${version}`],
    { cwd: staging, env: packageManagerEnvironment() },
  );
  return { ok, output, folder: join(staging, "node_modules", nodePackage) };
}
