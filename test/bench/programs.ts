import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import type { ProgramName } from "./program-path.ts";

/** The processes of the bench and where they begin. */
const beginnings: Readonly<Record<ProgramName, URL>> = {
  measure: new URL("./measure.ts", import.meta.url),
  echo: new URL("./floors/echo-process.ts", import.meta.url),
  flood: new URL("./flood-process.ts", import.meta.url),
  // What is inside a service is reached through a process of its own; no file here imports it.
  "state-change": new URL("../../services/statemgr/bench/state-change.ts", import.meta.url),
  "state-server": new URL("../../services/statemgr/bench/state-server.ts", import.meta.url),
};

/** As scripts/bundle.mjs makes the daemons, but readable: what fails is shown with its line. */
export async function bundlePrograms(folder: string): Promise<void> {
  await build({
    entryPoints: Object.entries(beginnings).map(([out, url]) => ({ in: fileURLToPath(url), out })),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: {
      js: 'import { createRequire as busbarRequire } from "node:module"; const require = busbarRequire(import.meta.url);',
    },
    external: ["better-sqlite3"],
    logLevel: "warning",
  }).finally(stop); // else its process stays as long as we do
}
