import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Refusal } from "./refusal.mjs";

/** In the copy: what was copied last time, so that what has gone since is taken away. */
const manifest = ".checkout-copy.json";

/**
 * Makes `target` hold the checkout's sources as they are now, committed or not. What else is there stays: installed
 * modules and build results are the reason why a copy is kept.
 * @param {string} checkout
 * @param {string} target
 * @throws {Refusal} if git can't say what belongs to the checkout
 */
export function copyCheckout(checkout, target) {
  const files = sourcesOf(checkout);
  mkdirSync(target, { recursive: true });
  const stale = new Set(copiedBefore(target));
  for (const file of files) {
    stale.delete(file);
    copy(join(checkout, file), join(target, file));
  }
  for (const file of stale) rmSync(join(target, file), { force: true });
  writeFileSync(join(target, manifest), JSON.stringify(files));
}

/** @param {string} checkout */
function sourcesOf(checkout) {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { status, stdout, stderr, error } = spawnSync("git", list, {
    cwd: checkout,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) {
    const said = error?.message ?? stderr.trim();
    throw new Refusal(`git can't list the files of ${checkout} (${said}): run this in a clone`);
  }
  const names = new Set(stdout.split("\0").filter(Boolean)); // a file in conflict is listed once per side
  return [...names].filter(
    (name) => lstatSync(join(checkout, name), { throwIfNoEntry: false })?.isDirectory() === false,
  );
}

/**
 * @param {string} target
 * @returns {string[]}
 */
function copiedBefore(target) {
  const path = join(target, manifest);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
}

/**
 * Leaves equal files alone: tools take a new time of change for a change.
 * @param {string} from
 * @param {string} to
 */
function copy(from, to) {
  const found = lstatSync(to, { throwIfNoEntry: false });
  if (lstatSync(from).isSymbolicLink()) {
    const leadsTo = readlinkSync(from);
    if (found?.isSymbolicLink() && readlinkSync(to) === leadsTo) return;
    rmSync(to, { recursive: true, force: true });
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(leadsTo, to);
    return;
  }
  if (found?.isFile() && found.mode === statSync(from).mode && readFileSync(to).equals(readFileSync(from))) return;
  rmSync(to, { recursive: true, force: true });
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}
