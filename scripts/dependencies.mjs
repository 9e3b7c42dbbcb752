import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "./fingerprint.mjs";
import { explainInstallFailure } from "./install-failure.mjs";
import { brokenNativeModules } from "./native-modules.mjs";
import { findNodeHeaders } from "./node-headers.mjs";
import { pnpmSpec, runPnpm } from "./pnpm.mjs";
import { root } from "./repository.mjs";
import { forgetTypeChecks } from "./type-check-memory.mjs";

const stampFile = join(root, "node_modules", ".busbar-bootstrap.json");

/**
 * Brings node_modules to what the lockfile says, compiled for the Node that runs us; does nothing if it is there.
 * @param {import("./say.mjs").Tell} tell
 * @throws {import("./refusal.mjs").Refusal} if that can't be done
 */
export async function installDependencies(tell) {
  const wanted = currentStamp();
  const found = readStamp();
  if (found !== wanted) {
    const hint = found === undefined ? " (the first time takes minutes: SQLite is compiled)" : "";
    tell(`installing dependencies with ${pnpmSpec}${hint}`);
    await pnpm(["install", "--frozen-lockfile", "--config.confirmModulesPurge=false"], tell);
    forgetTypeChecks();
  }
  // pnpm doesn't look at which Node an installed module was compiled for: after a change of Node it finds
  // everything in place, and only loading shows otherwise.
  // An optional one that can't be compiled here is not tried again at every start.
  const broken = brokenNativeModules().filter(({ optional }) => !optional || found !== wanted);
  if (broken.length > 0) await recompile(broken, tell);
  if (found !== wanted) writeStamp(wanted);
}

/**
 * @param {ReturnType<typeof brokenNativeModules>} modules
 * @param {import("./say.mjs").Tell} tell
 */
async function recompile(modules, tell) {
  const names = modules.map(({ name }) => name);
  tell(`compiling ${names.join(", ")} for Node ${process.versions.node} (takes minutes)`);
  const { output } = await runPnpm(["--recursive", "rebuild", ...names], await findNodeHeaders(tell));
  for (const { name, said, optional } of brokenNativeModules()) {
    if (!optional) throw explainInstallFailure(`${output}\n${name}: ${said}`);
    tell(`going on without ${name}: ${said}`);
  }
}

/**
 * @param {readonly string[]} args
 * @param {import("./say.mjs").Tell} tell
 */
async function pnpm(args, tell) {
  const { ok, output } = await runPnpm(args, await findNodeHeaders(tell));
  if (!ok) throw explainInstallFailure(output);
}

/** Everything that decides what an install yields. */
function currentStamp() {
  const named = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ".npmrc", "test/package.json"];
  const files = [...named.map((name) => join(root, name)), ...manifestsIn("packages"), ...manifestsIn("services")];
  return JSON.stringify({
    inputs: fingerprint(root, files.filter(existsSync)),
    modules: process.versions.modules,
    platform: process.platform,
    arch: process.arch,
    pnpm: pnpmSpec,
  });
}

/** @param {string} folder */
function manifestsIn(folder) {
  return readdirSync(join(root, folder))
    .sort()
    .map((name) => join(root, folder, name, "package.json"));
}

function readStamp() {
  return existsSync(stampFile) ? readFileSync(stampFile, "utf8") : undefined;
}

/** @param {string} stamp */
function writeStamp(stamp) {
  writeFileSync(`${stampFile}.new`, stamp);
  renameSync(`${stampFile}.new`, stampFile);
}
