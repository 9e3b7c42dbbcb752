import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runQuietly } from "./quiet-command.mjs";

/**
 * Downloads a Debian package and unpacks it below `staging`, as any user and without touching the system: apt gets
 * a state and a cache of its own, and shares only the sources and the keys that the system trusts.
 * @param {string} name
 * @param {string} staging an empty folder
 * @returns {Promise<string>} the folder with the unpacked files
 * @throws {Error} in one line: no such package, no network, or not a Debian-like system
 */
export async function downloadDebianPackage(name, staging) {
  const apt = aptIn(staging);
  // One broken third-party source fails the update; what counts is whether the package can be had afterwards.
  const update = await apt(["update"]);
  const download = await apt(["download", name]);
  succeed({ ok: download.ok, output: failedFetch(update.output) ?? download.output });
  const archive = readdirSync(staging).find((file) => file.endsWith(".deb"));
  if (archive === undefined) throw new Error(`apt-get left no ${name}`);
  const files = join(staging, "files");
  succeed(await runQuietly("dpkg-deb", ["--extract", join(staging, archive), files]));
  return files;
}

/**
 * Without network apt knows no packages, and would only say that this one can't be located.
 * @param {string} output
 */
function failedFetch(output) {
  return output.match(/^[EW]: Failed to fetch .*$/m)?.[0].replace("W:", "E:");
}

/** @param {{ ok: boolean, output: string }} result */
function succeed({ ok, output }) {
  if (!ok) throw new Error(output.match(/^E: (.*)$/m)?.[1] ?? output.trim().split("\n").at(-1));
}

/** @param {string} staging */
function aptIn(staging) {
  const state = join(staging, "state");
  const archives = join(staging, "cache");
  mkdirSync(join(state, "lists", "partial"), { recursive: true });
  mkdirSync(join(archives, "archives", "partial"), { recursive: true });
  writeFileSync(join(state, "status"), "");
  const settings = join(staging, "apt.conf");
  // Hooks tidy or inform the system, which is none of our business.
  const hooks = ["APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"];
  writeFileSync(settings, hooks.map((hook) => `#clear ${hook};\n`).join(""));
  const options = [
    `Dir::State=${state}`,
    `Dir::State::lists=${join(state, "lists")}`,
    `Dir::State::status=${join(state, "status")}`,
    `Dir::Cache=${archives}`,
    `Dir::Log=${staging}`,
    "Acquire::Languages=none",
    "APT::Sandbox::User=root", // started by root, apt would become _apt, which may not enter the checkout
  ];
  /** @param {readonly string[]} args */
  return (args) =>
    runQuietly("apt-get", ["-c", settings, ...options.flatMap((option) => ["-o", option]), ...args], { cwd: staging });
}
