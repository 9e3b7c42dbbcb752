import { spawnSync } from "node:child_process";

/**
 * What node-gyp needs and this machine lacks, as Debian's package names. Tools are tried, not looked for: a
 * version manager's shim may be on PATH and lead nowhere.
 * @returns {string[]}
 */
export function missingBuildTools() {
  /** @type {[string, string[]][]} */
  const needs = [
    ["g++", ["c++", "g++"]],
    ["make", ["make"]],
    ["python3", ["python3"]],
  ];
  return needs.filter(([, commands]) => !commands.some(runs)).map(([name]) => name);
}

/** @param {string} command */
function runs(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}
