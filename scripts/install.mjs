import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { bundle } from "./bundle.mjs";
import { Refusal, runAsProgram } from "./refusal.mjs";
import { root } from "./repository.mjs";
import { say } from "./say.mjs";

const library = "usr/lib/busbar";
const units = "usr/lib/systemd/system";

/** What a BMC gets of the checkout, and where it lies there. The platform file is the board's, not ours. */
const files = {
  "dist/powermgr.mjs": `${library}/powermgr.mjs`,
  "dist/emergency-off.mjs": `${library}/emergency-off.mjs`,
  "dist/statemgr.mjs": `${library}/statemgr.mjs`,
  "dist/cli.mjs": `${library}/cli.mjs`,
  "platforms/common/busbar.sh": "usr/bin/busbar",
  "platforms/common/cli.json": "etc/busbar/cli.json",
  LICENSE: "usr/share/doc/busbar/LICENSE",
  "platforms/common/README.md": "usr/share/doc/busbar/README.md",
  "platforms/common/nats-server.conf": "etc/busbar/nats-server.conf",
  "platforms/common/systemd/busbar-powermgr.service": `${units}/busbar-powermgr.service`,
  "platforms/common/systemd/busbar-statemgr.service": `${units}/busbar-statemgr.service`,
  "platforms/common/systemd/busbar-emergency-off.service": `${units}/busbar-emergency-off.service`,
  "platforms/common/systemd/nats-server.service.d/busbar.conf": `${units}/nats-server.service.d/busbar.conf`,
  "platforms/common/systemd/busbar.sysusers.conf": "usr/lib/sysusers.d/busbar.conf",
  "platforms/common/systemd/70-busbar.rules": "usr/lib/udev/rules.d/70-busbar.rules",
  "platforms/common/systemd/50-busbar.rules": "usr/share/polkit-1/rules.d/50-busbar.rules",
};

/**
 * What of a compiled module runs: its sources and object files are five times that. `of` is who depends on it.
 * @type {{ name: string, parts: string[], of?: string, optional?: true }[]}
 */
const modules = [
  { name: "better-sqlite3", parts: ["lib", "build/Release/better_sqlite3.node"] },
  { name: "unix-dgram", parts: ["lib", "build/Release/unix_dgram.node"], optional: true },
  { name: "bindings", parts: ["bindings.js"], of: "better-sqlite3" },
  { name: "file-uri-to-path", parts: ["index.js"], of: "bindings" },
];

/**
 * Puts the daemons, the CLI, their compiled modules, units and settings below `target`, laid out as on the BMC.
 * @param {string} target the root of an image, or / on the BMC itself
 */
export async function install(target) {
  await bundle();
  for (const [from, to] of Object.entries(files)) copy(join(root, from), join(target, to));
  /** @type {Record<string, string>} */
  const found = {};
  for (const { name, parts, of, optional } of modules) {
    const home = homeOf(name, of === undefined ? root : found[of]);
    if (home === undefined || !existsSync(join(home, parts.at(-1) ?? ""))) {
      if (!optional) throw new Refusal(`${name} is not installed: run npm run bootstrap`);
      say(`without ${name}: the units need platforms/common/systemd/without-notify.conf`);
      continue;
    }
    found[name] = home;
    const legal = readdirSync(home).filter((file) => /^licen[sc]e/i.test(file));
    for (const part of ["package.json", ...legal, ...parts]) {
      copy(join(home, part), join(target, library, "node_modules", name, part));
    }
  }
}

/**
 * @param {string} name
 * @param {string | undefined} from the folder that depends on it
 */
function homeOf(name, from) {
  if (from === undefined) return undefined;
  const places = createRequire(join(from, "package.json")).resolve.paths(name) ?? [];
  const place = places.map((folder) => join(folder, name)).find(existsSync);
  return place === undefined ? undefined : realpathSync(place);
}

/**
 * @param {string} from
 * @param {string} to
 */
function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true });
}

await runAsProgram(import.meta.url, async () => {
  const [target] = process.argv.slice(2);
  if (target === undefined) throw new Refusal("say where to: npm run install:into -- <root of the image>");
  await install(resolve(target));
  say(`installed below ${resolve(target)}`);
});
