import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { downloadDebianPackage } from "./debian-package.mjs";
import { withLock } from "./lock.mjs";
import { Refusal, runAsProgram } from "./refusal.mjs";
import { cache } from "./repository.mjs";
import { say } from "./say.mjs";

/** Debian 12 has 2.9; what came later is used only where the server says it has it. */
const oldest = [2, 9];
const kept = join(cache, "nats-server");
/** Where Debian puts it; not on everybody's PATH. */
const systemFolders = ["/usr/sbin", "/usr/local/sbin"];
const byHand =
  "put a nats-server 2.9 or newer (https://github.com/nats-io/nats-server/releases) on PATH, or its path in BUSBAR_NATS_SERVER";

/**
 * The broker: the one named by BUSBAR_NATS_SERVER, else installed, else fetched before, else fetched now from the
 * system's own package sources. Nothing is installed on the system and nobody needs to be root.
 * @param {import("./say.mjs").Tell} [tell]
 * @returns {Promise<string>} absolute path of a nats-server that runs here
 */
export async function findNatsServer(tell = say) {
  const named = process.env.BUSBAR_NATS_SERVER;
  if (named !== undefined && named !== "") {
    if (versionOf(named) !== undefined) return resolve(named);
    throw new Refusal(`BUSBAR_NATS_SERVER is ${named}, which isn't a nats-server 2.9 or newer: correct or unset it`);
  }
  const found = installed() ?? fetched();
  if (found !== undefined) return found;
  return withLock(join(cache, "nats-server.lock"), async () => fetched() ?? (await fetch(tell)));
}

function installed() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(isAbsolute);
  return [...folders, ...systemFolders].map((folder) => join(folder, "nats-server")).find(works);
}

function fetched() {
  if (!existsSync(kept)) return undefined;
  const versions = readdirSync(kept).filter((name) => !name.startsWith("."));
  return versions.map((version) => join(kept, version, "nats-server")).find(works);
}

/** @param {import("./say.mjs").Tell} tell */
async function fetch(tell) {
  tell("fetching nats-server from this system's package sources");
  const staging = join(kept, `.${process.pid}`);
  mkdirSync(staging, { recursive: true });
  try {
    const files = await downloadDebianPackage("nats-server", staging).catch((cause) => {
      throw new Refusal(
        `nats-server can't be fetched from this system's package sources (${cause.message}): ${byHand}`,
        {
          cause,
        },
      );
    });
    const binary = join(files, "usr", "sbin", "nats-server");
    const version = existsSync(binary) ? versionOf(binary) : undefined;
    if (version === undefined) throw new Refusal(`this system's nats-server package can't be used: ${byHand}`);
    chmodSync(binary, 0o755);
    const target = join(kept, version);
    rmSync(target, { recursive: true, force: true });
    renameSync(join(files, "usr", "sbin"), target);
    return join(target, "nats-server");
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** @param {string} path */
function works(path) {
  return existsSync(path) && versionOf(path) !== undefined;
}

/**
 * Undefined if it doesn't run here (another processor, say) or is too old.
 * @param {string} path
 */
function versionOf(path) {
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  const version = /v?(\d+\.\d+\.\d+\S*)/.exec(stdout ?? "")?.[1];
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor) ? version : undefined;
}

await runAsProgram(import.meta.url, async () => console.log(await findNatsServer()));
