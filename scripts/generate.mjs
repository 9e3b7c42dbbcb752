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
  const wanted = fingerprint(root, sources, [...options, JSON.parse(generator).version]);
  if (isCurrent(wanted)) return;
  const staging = `${target}.${process.pid}`;
  mkdirSync(staging, { recursive: true });
  try {
    const pbjs = join(root, "node_modules", ".bin", "pbjs");
    const args = [...options, "--path", proto, "--out", join(staging, "messages.js"), ...sources];
    const { ok, output } = await runQuietly(pbjs, args, { cwd: root });
    const said = output.match(/Error: (.*)/)?.[1] ?? output.trim().split("\n")[0];
    if (!ok) throw new Refusal(`proto/ can't be compiled: ${said}`);
    dropUnusedLong(join(staging, "messages.d.ts"));
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
 * pbjs imports the type of 64-bit integers even where none is left; the package isn't ours to depend on.
 * @param {string} declarations
 */
function dropUnusedLong(declarations) {
  writeFileSync(declarations, readFileSync(declarations, "utf8").replace('import Long = require("long");\n', ""));
}

await runAsProgram(import.meta.url, generate);
