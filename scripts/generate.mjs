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
  const rewritten = [...code, ...types].map(([{ source }, by]) => source + by);
  const wanted = fingerprint(root, sources, [...options, ...rewritten, JSON.parse(generator).version]);
  if (isCurrent(wanted)) return;
  const staging = `${target}.${process.pid}`;
  mkdirSync(staging, { recursive: true });
  try {
    const pbjs = join(root, "node_modules", ".bin", "pbjs");
    const args = [...options, "--path", proto, "--out", join(staging, "messages.js"), ...sources];
    const { ok, output } = await runQuietly(pbjs, args, { cwd: root });
    const said = output.match(/Error: (.*)/)?.[1] ?? output.trim().split("\n")[0];
    if (!ok) throw new Refusal(`proto/ can't be compiled: ${said}`);
    rewrite(join(staging, "messages.d.ts"), types);
    rewrite(join(staging, "messages.js"), code);
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
 * What pbjs writes into every message and none of ours needs: `create` and constructors with properties (messages are
 * written as plain objects), keeping unknown fields (they are tolerated, but a decoded message is never passed on: DESIGN
 * §4). And what it writes out in every function, which is called here instead. Together two fifths of the code that every
 * daemon loads.
 * @type {readonly (readonly [RegExp, string])[]}
 */
const code = [
  [/ +\w+\.create = function\(properties\) \{\n +return new \w+\(properties\);\n +\};\n/g, ""],
  [/ +if \(properties\)\n +for \(let keys.*\n +if \(properties\[keys\[i\]\].*\n +this\[keys\[i\]\].*\n/g, ""],
  [/ +if \(message\.\$unknowns != null && \$Object\.hasOwnProperty\.call\(message, "\$unknowns"\)\)\n.*\n.*\n/g, ""],
  [/ +if \(!reader\.discardUnknown\) \{\n.*\n.*\n +\}\n/g, ""],
  [/message\.(\w+) != null && \$Object\.hasOwnProperty\.call\(message, "\1"\)/g, '$$has(message, "$1")'],
  [
    /if \(!writer\)\n +writer = \$Writer\.create\(\);\n +if \(_depth === \$undefined\)\n +_depth = 0;\n +if \(_depth > \$util\.recursionLimit\)\n +throw \$Error\("max depth exceeded"\);/g,
    "writer = $$writer(writer, _depth);\n                _depth ||= 0;",
  ],
  [
    /if \(!\(reader instanceof \$Reader\)\)\n +reader = \$Reader\.create\(reader\);\n +if \(_depth === \$undefined\)\n +_depth = 0;\n +if \(_depth > \$Reader\.recursionLimit\)\n +throw \$Error\("max depth exceeded"\);/g,
    "reader = $$reader(reader, _depth);\n                _depth ||= 0;",
  ],
  [
    /if \(length === \$undefined\)\n +end = reader\.len;\n +else \{\n +end = reader\.pos \+ length;\n +if \(end > reader\.len\)\n +throw \$RangeError\("index out of range"\);\n +length = reader\.len;\n +reader\.len = end;\n +\}/g,
    "end = $$end(reader, length);\n                if (length !== $$undefined) {\n                    length = reader.len;\n                    reader.len = end;\n                }",
  ],
  [
    /if \(length !== \$undefined\) \{\n +if \(reader\.pos !== end\)\n +throw \$RangeError\("index out of range"\);\n +reader\.len = length;\n +\}\n +if \(_end !== \$undefined\)\n +throw \$Error\("missing end group"\);\n +return message;/g,
    "return $$done(reader, length, end, _end, message);",
  ],
  [
    /\/\/ Exported root namespace\n/g,
    `const $$has = (message, field) => message[field] != null && $$Object.hasOwnProperty.call(message, field);
const $$writer = (writer, depth = 0) => {
    if (depth > $$util.recursionLimit)
        throw $$Error("max depth exceeded");
    return writer || $$Writer.create();
};
const $$reader = (reader, depth = 0) => {
    if (depth > $$Reader.recursionLimit)
        throw $$Error("max depth exceeded");
    return reader instanceof $$Reader ? reader : $$Reader.create(reader);
};
const $$end = (reader, length) => {
    if (length === $$undefined)
        return reader.len;
    if (reader.pos + length > reader.len)
        throw $$RangeError("index out of range");
    return reader.pos + length;
};
const $$done = (reader, length, end, group, message) => {
    if (length !== $$undefined) {
        if (reader.pos !== end)
            throw $$RangeError("index out of range");
        reader.len = length;
    }
    if (group !== $$undefined)
        throw $$Error("missing end group");
    return message;
};

`,
  ],
];

/**
 * The same in the types; and that of 64-bit integers: none is left, and its package isn't ours to depend on.
 * @type {readonly (readonly [RegExp, string])[]}
 */
const types = [
  [/ +static create\(.*\n/g, ""],
  [/constructor\(properties\?: [\w.$]+\)/g, "constructor()"],
  [/ +\$unknowns\?: Uint8Array\[\];\n/g, ""],
  [/import Long = require\("long"\);\n/g, ""],
];

/**
 * @param {string} file
 * @param {readonly (readonly [RegExp, string])[]} replacements
 * @throws {Refusal} when pbjs writes something else by now
 */
function rewrite(file, replacements) {
  let text = readFileSync(file, "utf8");
  for (const [pattern, by] of replacements) {
    const next = text.replace(pattern, by);
    if (next === text) throw new Refusal(`pbjs writes no ${pattern.source} any more: correct scripts/generate.mjs`);
    text = next;
  }
  writeFileSync(file, text);
}

await runAsProgram(import.meta.url, generate);
