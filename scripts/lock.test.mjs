import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "./lock.mjs";

/** @type {string} */
let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "busbar-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * A process that takes the lock and runs `work` under it.
 * @param {string} work
 */
function holder(work) {
  const script = `
    import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
    import { withLock } from ${JSON.stringify(new URL("./lock.mjs", import.meta.url).href)};
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    await withLock("lock", async () => { ${work} });`;
  return spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("processes that share a lock work one after the other", async () => {
  writeFileSync(join(folder, "count"), "0");
  const work = `const count = Number(readFileSync("count", "utf8")); await pause(20); writeFileSync("count", String(count + 1));`;
  const exits = Array.from({ length: 4 }, () => once(holder(work), "exit"));
  expect((await Promise.all(exits)).map(([code]) => code)).toEqual([0, 0, 0, 0]);
  expect(readFileSync(join(folder, "count"), "utf8")).toBe("4");
});

test("a killed holder's lock is free at once", async () => {
  const killed = holder(`console.log("held"); await pause(60_000);`);
  await once(killed.stdout, "data");
  killed.kill("SIGKILL");
  await once(killed, "exit");
  const start = performance.now();
  await withLock(join(folder, "lock"), async () => {});
  expect(performance.now() - start).toBeLessThan(10_000);
});

test("of many that wait for a dead holder's lock, one at a time gets it", async () => {
  mkdirSync(join(folder, "lock"));
  writeFileSync(join(folder, "lock", "holder"), "a-machine-that-is-gone 1");
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(join(folder, "lock"), longAgo, longAgo);
  writeFileSync(join(folder, "log"), "");
  const work = `appendFileSync("log", "in "); await pause(20); appendFileSync("log", "out ");`;
  const exits = Array.from({ length: 4 }, () => once(holder(work), "exit"));
  await Promise.all(exits);
  expect(readFileSync(join(folder, "log"), "utf8")).toBe("in out ".repeat(4));
});

test("the lock is free after work that failed", async () => {
  const lock = join(folder, "lock");
  await expect(withLock(lock, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  await expect(withLock(lock, async () => "done")).resolves.toBe("done");
});
