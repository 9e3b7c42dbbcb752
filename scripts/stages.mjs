import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { filesBelow } from "./fingerprint.mjs";
import { runInForeground } from "./foreground.mjs";
import { nodeMatrix } from "./node-matrix.mjs";
import { cache, root } from "./repository.mjs";
import { countTests } from "./test-count.mjs";

/**
 * One part of a test run.
 * @typedef {{
 *   name: string,
 *   kind: "build" | "static" | "unit" | "e2e" | "system",
 *   run: (env: NodeJS.ProcessEnv) => Promise<import("./test-count.mjs").Count & { interrupted: boolean }>,
 * }} Stage
 */

/**
 * Every stage, in the order in which they run: what fails soonest comes first.
 * @type {Stage[]}
 */
export const stages = [
  check("bundles", "node", ["scripts/bundle.mjs", "--report"], "build"),
  check("lint and format", "biome", ["check", "--error-on-warnings"]),
  check("types", "tsc", ["--build"]),
  check("layers", "depcruise", ["--config", ".dependency-cruiser.cjs", "packages", "services", "test"]),
  check("unused code", "knip", []),
  check("proto lint", "buf", ["lint"]),
  check("proto compatibility", "node", ["scripts/proto-compatibility.mjs"]),
  tests("unit tests", "unit", ["unit", "contract"]),
  tests("end-to-end tests", "e2e", ["e2e"]),
  {
    name: "unit tests under every Node",
    kind: "system",
    run: async (env) => ({ ...(await nodeMatrix(env)), interrupted: false }),
  },
  ...(hasTests("system") ? [tests("system tests", "system", ["system"])] : []),
];

/**
 * vitest takes a project without tests for a failure.
 * @param {string} folder of test/
 */
function hasTests(folder) {
  return filesBelow(join(root, "test", folder), (name) => name.endsWith(".test.ts")).length > 0;
}

/**
 * A tool that is right or wrong as a whole.
 * @param {string} name
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Stage["kind"]} [kind]
 * @returns {Stage}
 */
function check(name, command, args, kind = "static") {
  return {
    name,
    kind,
    run: async (env) => {
      const { code, interrupted } = await runInForeground(command, args, { cwd: root, env });
      return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, interrupted };
    },
  };
}

/**
 * @param {string} name
 * @param {Stage["kind"]} kind
 * @param {readonly string[]} projects
 * @returns {Stage}
 */
function tests(name, kind, projects) {
  return {
    name,
    kind,
    run: async (env) => {
      const report = join(cache, `vitest-${kind}.json`);
      mkdirSync(cache, { recursive: true });
      rmSync(report, { force: true });
      const selection = projects.flatMap((project) => ["--project", project]);
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
      const { code, interrupted } = await runInForeground("vitest", ["run", ...selection, ...reporters], {
        cwd: root,
        env,
      });
      const found = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
      return { ...countTests(found, code), interrupted };
    },
  };
}
