import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A holder touches its lock this often … */
const heartbeatMs = 2_000;
/** … and counts as dead when it hasn't for this long (it may be suspended, or on another machine). */
const silenceMs = 60_000;
const pollMs = 100;

const us = `${hostname()} ${process.pid}`;

/**
 * Runs `work` while no other process that uses the same lock does.
 * The lock is a directory, because making one is atomic on every file system, and so on shared checkouts.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {() => void} [onWait] told once if someone else holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  if (!tryTake(path)) {
    onWait();
    while (!tryTake(path)) {
      breakIfAbandoned(path);
      await sleep(pollMs);
    }
  }
  const heartbeat = setInterval(() => {
    if (isOurs(path)) utimesSync(path, new Date(), new Date());
  }, heartbeatMs).unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if (isOurs(path)) rmSync(path, { recursive: true, force: true });
  }
}

/** @param {string} path */
function tryTake(path) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (isError(error, "EEXIST")) return false;
    throw error;
  }
  writeFileSync(join(path, "holder"), us);
  return true;
}

/**
 * Removes a dead holder's lock. Two waiters may see the same death, and the slower one must not remove the lock
 * that the faster one has taken since: judging and removing happen under a lock of their own.
 * @param {string} path
 */
function breakIfAbandoned(path) {
  if (!isAbandoned(path)) return;
  const breaking = `${path}.breaking`;
  try {
    mkdirSync(breaking);
  } catch {
    // Held for microseconds; one that stays is what a kill left behind.
    if (silenceOf(breaking) > silenceMs) rmSync(breaking, { recursive: true, force: true });
    return;
  }
  try {
    if (isAbandoned(path)) rmSync(path, { recursive: true, force: true });
  } finally {
    rmSync(breaking, { recursive: true, force: true });
  }
}

/** @param {string} path */
function isAbandoned(path) {
  if (silenceOf(path) > silenceMs) return true;
  const [host, pid] = holderOf(path).split(" ");
  return host === hostname() && !isAlive(Number(pid));
}

/**
 * False once someone took us for dead, for instance after a suspend.
 * @param {string} path
 */
function isOurs(path) {
  return holderOf(path) === us;
}

/**
 * Empty if the lock was made or released just now.
 * @param {string} path
 */
function holderOf(path) {
  try {
    return readFileSync(join(path, "holder"), "utf8");
  } catch {
    return "";
  }
}

/** @param {string} path */
function silenceOf(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isError(error, "EPERM");
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function isError(error, code) {
  return error instanceof Error && /** @type {NodeJS.ErrnoException} */ (error).code === code;
}
