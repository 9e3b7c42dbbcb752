import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { copyCheckout } from "./checkout-copy.mjs";

/** @type {string} */
let folder;
/** @type {string} */
let checkout;
/** @type {string} */
let target;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "busbar-copy-"));
  checkout = join(folder, "checkout");
  target = join(folder, "copy");
  mkdirSync(checkout);
  git("init", "--quiet");
  write("committed.ts", "1");
  write(".gitignore", "node_modules/\n");
  git("add", ".");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @param {string[]} args */
function git(...args) {
  const { status, stderr } = spawnSync("git", args, { cwd: checkout, encoding: "utf8" });
  expect(status, stderr).toBe(0);
}

/**
 * @param {string} name
 * @param {string} text
 */
function write(name, text) {
  mkdirSync(dirname(join(checkout, name)), { recursive: true });
  writeFileSync(join(checkout, name), text);
}

/** @param {string} name */
const copied = (name) => (existsSync(join(target, name)) ? readFileSync(join(target, name), "utf8") : undefined);

test("what is committed, changed and new is copied, what git ignores isn't", () => {
  write("committed.ts", "2");
  write("deep/in/new.ts", "new");
  write("node_modules/x/index.js", "big");
  symlinkSync("committed.ts", join(checkout, "link.ts"));
  chmodSync(join(checkout, "deep/in/new.ts"), 0o755);
  copyCheckout(checkout, target);
  expect(copied("committed.ts")).toBe("2");
  expect(copied("deep/in/new.ts")).toBe("new");
  expect(statSync(join(target, "deep/in/new.ts")).mode & 0o111).toBe(0o111);
  expect(readlinkSync(join(target, "link.ts"))).toBe("committed.ts");
  expect(existsSync(join(target, "node_modules"))).toBe(false);
});

test("what has gone since goes, what was installed stays", () => {
  write("old.ts", "old");
  copyCheckout(checkout, target);
  mkdirSync(join(target, "node_modules"));
  writeFileSync(join(target, "node_modules/installed.js"), "kept");
  rmSync(join(checkout, "old.ts"));
  rmSync(join(checkout, "committed.ts")); // git still lists it
  copyCheckout(checkout, target);
  expect([copied("old.ts"), copied("committed.ts")]).toEqual([undefined, undefined]);
  expect(copied("node_modules/installed.js")).toBe("kept");
});

test("an equal file is left alone", () => {
  copyCheckout(checkout, target);
  utimesSync(join(target, "committed.ts"), 1, 1);
  copyCheckout(checkout, target);
  expect(statSync(join(target, "committed.ts")).mtimeMs).toBe(1_000);
});

test("outside a clone it says so", () => {
  rmSync(join(checkout, ".git"), { recursive: true });
  writeFileSync(join(checkout, ".git"), "gitdir: nowhere\n");
  expect(() => copyCheckout(checkout, target)).toThrow("run this in a clone");
});
