import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Refusal, runAsProgram } from "./refusal.mjs";
import { root } from "./repository.mjs";
import { say } from "./say.mjs";

/** Every program that runs from a bundle: dist/<name>.mjs and where it begins. */
export const programs = {
  powermgr: "services/powermgr/src/main.ts",
  "emergency-off": "services/powermgr/src/emergency/main.ts",
  statemgr: "services/statemgr/src/main.ts",
  board: "packages/simulator/src/board/main.ts",
  launcher: "packages/launcher/src/main.ts",
  cli: "packages/cli/src/main.ts",
};

const folder = join(root, "dist");

/**
 * Compiled modules can't be bundled; they are found at run time from dist/, that is in the root's node_modules,
 * which is why package.json at the root depends on them.
 */
const external = ["better-sqlite3", "unix-dgram"];

/** CommonJS dependencies call `require`, which a module doesn't have. */
const banner =
  'import { createRequire as busbarRequire } from "node:module"; const require = busbarRequire(import.meta.url);';

/**
 * Modules that libraries load and nothing of ours calls, an eighth of a daemon: what stands for them is all that is asked
 * of them while loading.
 */
const unused = [
  // pino's worker threads: we log to stdout, synchronously (DESIGN §10).
  { file: /\/thread-stream\/index\.js$/, contents: "module.exports = class ThreadStream {}" },
  // NATS' key-value and object stores, and its benchmark.
  { file: /\/nats\/lib\/(?:jetstream\/(?:kv|objectstore)|nats-base-client\/(?:bench|js-sha256))\.js$/, contents: "" },
  // 64-bit integers as objects: ours are numbers (packages/contracts/src/numbers-for-longs.ts).
  { file: /\/long\/umd\/index\.js$/, contents: "" },
  // convict's command line: we read it ourselves, and convict is given none.
  { file: /\/yargs-parser\/.*\.[cm]?js$/, contents: "module.exports = () => ({ _: [] })" },
];

/** @type {import("esbuild").Plugin} */
const withoutUnused = {
  name: "without-unused",
  setup({ onLoad }) {
    for (const { file, contents } of unused) onLoad({ filter: file }, () => ({ contents, loader: "js" }));
  },
};

/**
 * Makes one minified file of each program. Always builds: that takes less time than knowing that it needn't.
 * @returns {Promise<import("esbuild").Metafile>} what went into what
 * @throws {Refusal} naming the first file and line that esbuild can't build
 */
export async function bundle() {
  const { build, stop } = await import("esbuild");
  const present = Object.entries(programs).filter(([, entry]) => existsSync(join(root, entry)));
  const result = await build({
    absWorkingDir: root,
    entryPoints: present.map(([out, entry]) => ({ in: entry, out })),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "linked",
    sourcesContent: false,
    banner: { js: banner },
    external,
    plugins: [withoutUnused],
    metafile: true,
    write: false,
    logLevel: "silent",
  })
    .catch(explain)
    .finally(stop); // else its process stays as long as we do
  mkdirSync(folder, { recursive: true });
  for (const file of result.outputFiles) replace(file.path, file.contents);
  return result.metafile;
}

/**
 * A running system may start a daemon again at any moment: it must find the old file or the new one.
 * @param {string} path
 * @param {Uint8Array} contents
 */
function replace(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  const fresh = join(dirname(path), `.${basename(path)}.${process.pid}`);
  writeFileSync(fresh, contents);
  renameSync(fresh, path);
}

/**
 * @param {import("esbuild").BuildFailure} failure
 * @returns {never}
 */
function explain(failure) {
  const [first] = failure.errors ?? [];
  if (first === undefined) throw failure;
  const where = first.location === null ? "" : ` at ${first.location.file}:${first.location.line}`;
  throw new Refusal(`the programs can't be bundled: ${first.text}${where}`, { cause: failure });
}

await runAsProgram(import.meta.url, async () => {
  const { outputs } = await bundle();
  if (!process.argv.includes("--report")) return;
  for (const [name, entry] of Object.entries(programs)) {
    const output = outputs[`dist/${name}.mjs`];
    say(output === undefined ? `${name}: ${entry} is missing` : `${name}: ${Math.round(output.bytes / 1000)} kB`);
    for (const [source, bytes] of output === undefined ? [] : largestOrigins(output)) {
      say(`    ${Math.round(bytes / 1000)} kB ${source}`);
    }
  }
});

/**
 * What a bundle consists of, by package, largest first.
 * @param {import("esbuild").Metafile["outputs"][string]} output
 * @returns {[string, number][]}
 */
function largestOrigins(output) {
  /** @type {Map<string, number>} */
  const bytes = new Map();
  for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
    const origin =
      file.match(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ??
      file.match(/^(?:packages|services)\/[^/]+/)?.[0] ??
      file;
    bytes.set(origin, (bytes.get(origin) ?? 0) + bytesInOutput);
  }
  return [...bytes].sort(([, a], [, b]) => b - a).slice(0, 8);
}
