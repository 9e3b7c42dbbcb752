import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow, fingerprint } from "./fingerprint.mjs";
import { runQuietly } from "./quiet-command.mjs";
import { Refusal, runAsProgram } from "./refusal.mjs";
import { root } from "./repository.mjs";
import { forgetTypeChecks } from "./type-check-memory.mjs";

const proto = join(root, "proto");
const target = join(root, "packages", "contracts", "src", "generated");
const outputs = ["messages.js", "messages.d.ts"];
const stampFile = join(target, "proto.sha256");

/**
 * Static, not reflection: it starts twice as fast. 64-bit integers are numbers: what we count stays below 2^53,
 * and bigint or Long in a message would spread through every sum and comparison. Only what is used is generated:
 * conversion and verification alone would double what each daemon loads of this.
 */
const options = [
  ...["--target", "static-module", "--wrap", "esm", "--dependency", "protobufjs/minimal.js", "--dts"],
  ...["--force-number", "--no-convert", "--no-verify", "--no-delimited", "--no-typeurl", "--no-service"],
];

/**
 * Generates the message code from proto/ if proto/ (or how it is generated) has changed.
 * @throws {Refusal} naming the file and line that pbjs can't read
 */
export async function generate() {
  const sources = filesBelow(proto, (name) => name.endsWith(".proto"));
  const generator = readFileSync(join(root, "node_modules", "protobufjs-cli", "package.json"), "utf8");
  const leftOut = [...unusedCode, ...unusedTypes].map(({ source }) => source);
  const wanted = fingerprint(root, sources, [...options, ...leftOut, JSON.parse(generator).version]);
  if (isCurrent(wanted)) return;
  const staging = `${target}.${process.pid}`;
  mkdirSync(staging, { recursive: true });
  try {
    const pbjs = join(root, "node_modules", ".bin", "pbjs");
    const args = [...options, "--path", proto, "--out", join(staging, "messages.js"), ...sources];
    const { ok, output } = await runQuietly(pbjs, args, { cwd: root });
    const said = output.match(/Error: (.*)/)?.[1] ?? output.trim().split("\n")[0];
    if (!ok) throw new Refusal(`proto/ can't be compiled: ${said}`);
    rewrite(join(staging, "messages.d.ts"), unusedTypes);
    rewrite(join(staging, "messages.js"), unusedCode);
    writeFileSync(join(staging, "proto.sha256"), wanted);
    mkdirSync(target, { recursive: true });
    for (const name of [...outputs, "proto.sha256"]) renameSync(join(staging, name), join(target, name));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  forgetTypeChecks();
}

/** @param {string} wanted */
function isCurrent(wanted) {
  return (
    outputs.every((name) => existsSync(join(target, name))) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, "utf8") === wanted
  );
}

/**
 * What every message has and none of ours needs, an eighth of each daemon's bundle: `create` (messages are written as plain
 * objects), and keeping unknown fields (they are tolerated, but a decoded message is never passed on: DESIGN §4).
 */
const unusedCode = [
  / +\w+\.create = function\(properties\) \{\n +return new \w+\(properties\);\n +\};\n/g,
  / +if \(message\.\$unknowns != null && \$Object\.hasOwnProperty\.call\(message, "\$unknowns"\)\)\n.*\n.*\n/g,
  / +if \(!reader\.discardUnknown\) \{\n.*\n.*\n +\}\n/g,
];

/** The same, and the type of 64-bit integers: none is left, and its package isn't ours to depend on. */
const unusedTypes = [
  / +static create\(.*\n/g,
  / +\$unknowns\?: Uint8Array\[\];\n/g,
  /import Long = require\("long"\);\n/g,
];

/**
 * @param {string} file
 * @param {readonly RegExp[]} unused
 * @throws {Refusal} when pbjs writes something else by now
 */
function rewrite(file, unused) {
  const text = readFileSync(file, "utf8");
  const gone = unused.find(({ source }) => !new RegExp(source).test(text));
  if (gone !== undefined) throw new Refusal(`pbjs writes no ${gone.source} any more: correct scripts/generate.mjs`);
  writeFileSync(
    file,
    unused.reduce((rest, pattern) => rest.replace(pattern, ""), text),
  );
}

await runAsProgram(import.meta.url, generate);
