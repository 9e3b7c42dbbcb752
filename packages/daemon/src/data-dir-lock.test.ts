import { chmodSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { lockDataDir } from "./data-dir-lock.ts";
import { program } from "./testing/programs.ts";
import { testFolder } from "./testing/test-folder.ts";

const startHolder = program(new URL("./testing/lock-holder.ts", import.meta.url));

describe("the lock of a data directory", () => {
  test("is had by one process, which the second one names", async () => {
    const dir = join(testFolder(), "not", "there", "yet");
    const holder = startHolder({ args: [dir] });
    await holder.line(/^locked$/);
    const second = startHolder({ args: [dir] });
    const { pid } = holder.child;
    await expect(second.line(/./)).resolves.toBe(`CONFLICT: process ${pid} works in ${dir}`);
    expect(() => lockDataDir(dir)).toThrow(
      expect.objectContaining({
        code: "CONFLICT",
        reason: "second-instance",
        remedy: expect.stringContaining(`kill ${pid}`),
      }),
    );
  });

  test("is free at once after kill -9", async () => {
    const dir = testFolder();
    for (let round = 0; round < 3; round += 1) {
      const holder = startHolder({ args: [dir] });
      await holder.line(/^locked$/);
      holder.child.kill("SIGKILL");
      await holder.ended;
    }
    expect(readFileSync(join(dir, "lock"), "utf8")).toMatch(/^\d+\n$/);
    lockDataDir(dir).release();
  });

  test("is held by a process that hangs", async () => {
    const dir = testFolder();
    const holder = startHolder({ args: [dir] });
    await holder.line(/^locked$/);
    holder.child.kill("SIGSTOP");
    expect(() => lockDataDir(dir)).toThrow(/works in/);
  });

  test("isn't fooled by a pid that a dead process left and another one has now", () => {
    const dir = testFolder();
    writeFileSync(join(dir, "lock"), `${process.pid}\n`);
    lockDataDir(dir).release();
  });

  test("isn't fooled by another path to the same directory", () => {
    const dir = testFolder();
    const alias = `${dir}-alias`;
    symlinkSync(dir, alias);
    const lock = lockDataDir(dir);
    onTestFinished(() => lock.release());
    expect(() => lockDataDir(alias)).toThrow(/works in/);
  });

  test("is given to exactly one of many that come at once", async () => {
    const dir = testFolder();
    const all = Array.from({ length: 6 }, () => startHolder({ args: [dir] }));
    const said = await Promise.all(all.map((one) => one.line(/./)));
    expect(said.filter((line) => line === "locked")).toHaveLength(1);
    expect(said.filter((line) => line.startsWith("CONFLICT"))).toHaveLength(5);
  });

  test("can be released, and released again", () => {
    const dir = testFolder();
    const lock = lockDataDir(dir);
    lock.release();
    lockDataDir(dir).release();
    lock.release();
  });

  test("says what is wrong with the directory", () => {
    const folder = testFolder();
    const file = join(folder, "file");
    writeFileSync(file, "");
    chmodSync(file, 0o600);
    expect(() => lockDataDir(file)).toThrow(
      expect.objectContaining({ code: "FAILED_PRECONDITION", remedy: expect.stringMatching(/make it/) }),
    );
  });

  test("says what to install where there is no flock", () => {
    const path = process.env.PATH;
    process.env.PATH = testFolder();
    onTestFinished(() => {
      process.env.PATH = path;
    });
    expect(() => lockDataDir(testFolder())).toThrow(
      expect.objectContaining({ code: "FAILED_PRECONDITION", remedy: expect.stringMatching(/install flock/) }),
    );
  });
});
