import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fetchNodeRelease, nodePackage } from "./node-release.mjs";
import { cache } from "./repository.mjs";

const version = process.versions.node;

/**
 * The folder whose include/node fits the running Node: beside the binary (most installations), else from the npm
 * package that carries the same release. Needed to compile native modules where nodejs.org can't be reached.
 * @param {import("./say.mjs").Tell} tell
 * @returns {Promise<string | undefined>} undefined if there are none; node-gyp then tries to download them
 */
export async function findNodeHeaders(tell) {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  if (fits(prefix)) return prefix;
  const kept = join(cache, "node-headers", version);
  return fits(kept) || (await fetchInto(kept, tell)) ? kept : undefined;
}

/** @param {string} prefix */
function fits(prefix) {
  const include = join(prefix, "include", "node");
  const file = join(include, "node_version.h");
  if (!existsSync(join(include, "node.h")) || !existsSync(file)) return false;
  const text = readFileSync(file, "utf8");
  const found = ["MAJOR", "MINOR", "PATCH"].map((part) => text.match(new RegExp(`NODE_${part}_VERSION (\\d+)`))?.[1]);
  return found.join(".") === version;
}

/**
 * @param {string} target
 * @param {import("./say.mjs").Tell} tell
 */
async function fetchInto(target, tell) {
  tell(`fetching Node ${version}'s headers (${nodePackage})`);
  const staging = join(dirname(target), `.${version}-${process.pid}`);
  mkdirSync(staging, { recursive: true });
  try {
    const { ok, folder: unpacked } = await fetchNodeRelease(version, staging);
    if (!ok || !fits(unpacked)) return false;
    rmSync(join(unpacked, "bin"), { recursive: true, force: true });
    rmSync(target, { recursive: true, force: true });
    renameSync(unpacked, target);
    return true;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
