import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./repository.mjs";

/**
 * A compiled module, the workspace that depends on it and an expression that really uses it.
 * @typedef {{ name: string, usedBy: string, probe: string, optional?: true }} NativeModule
 */

/** @type {NativeModule[]} */
export const nativeModules = [
  { name: "better-sqlite3", usedBy: "services/statemgr", probe: 'new (require("better-sqlite3"))(":memory:").close()' },
  // Without it daemons run, only not as systemd's Type=notify.
  {
    name: "unix-dgram",
    usedBy: "packages/daemon",
    probe: 'require("unix-dgram").createSocket("unix_dgram").close()',
    optional: true,
  },
];

/**
 * The native modules that don't work under the running Node, each with what it said. A module's presence proves
 * nothing: it may be built for another Node, another processor, or only half.
 * A process of its own, because a bad module can crash it.
 */
export function brokenNativeModules() {
  return nativeModules.flatMap(({ name, usedBy, probe, optional = false }) => {
    const { status, stderr, signal } = spawnSync(process.execPath, ["--input-type=commonjs", "--eval", probe], {
      cwd: join(root, usedBy),
      encoding: "utf8",
    });
    if (status === 0) return [];
    const said = stderr.match(/^\w*Error\b.*$/m)?.[0] ?? (signal === null ? "it fails" : `it dies of ${signal}`);
    return [{ name, said, optional }];
  });
}
