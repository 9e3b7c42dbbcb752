import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSettings, type SettingsRecord, writeSettings } from "./settings-file.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "settings-file-"));
  path = join(directory, "policies.json");
});

afterEach(() => rmSync(directory, { recursive: true }));

const record: SettingsRecord = {
  version: 3,
  values: { "safety.thermalCheck": "false", "sequencing.startupDelay": "7s" },
  audit: [
    { version: 3, at: 1_700_000_000_000, actor: "ünal", reason: "", changes: [{ key: "a", from: null, to: "1" }] },
  ],
};

test("what was written is read, and nothing else is left in the directory", async () => {
  await writeSettings(path, record);
  await writeSettings(path, { ...record, version: 4 });
  expect(await readSettings(path)).toEqual({ kind: "read", record: { ...record, version: 4 } });
  expect(readdirSync(directory)).toEqual(["policies.json"]);
});

test("no file is no settings", async () => {
  expect(await readSettings(path)).toEqual({ kind: "none" });
});

test("every damaged byte is noticed, and every torn end", async () => {
  await writeSettings(path, record);
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    writeFileSync(path, damaged);
    // A byte between the values may change without changing what is read; nothing else may.
    const read = await readSettings(path);
    if (read.kind === "read") expect(read.record).toEqual(record);
    else expect(read.kind).toBe("damaged");
    writeFileSync(path, whole.subarray(0, at));
    if (at < whole.length - 1) expect((await readSettings(path)).kind).toBe("damaged");
  }
});

test.each(["", "null", "[]", "{}", '{"checksum":"00000000"}', '{"checksum":"1","settings":{}}'])(
  "%j is damaged, not settings",
  async (text) => {
    writeFileSync(path, text);
    expect((await readSettings(path)).kind).toBe("damaged");
  },
);

test("what can't be read is not taken for damaged: it stays where it is", async () => {
  mkdirSync(path);
  expect((await readSettings(path)).kind).toBe("unreadable");
});

test("a write that fails leaves what was there", async () => {
  await writeSettings(path, record);
  mkdirSync(`${path}.next`);
  await expect(writeSettings(path, { ...record, version: 4 })).rejects.toThrow(/EISDIR/);
  expect(await readSettings(path)).toEqual({ kind: "read", record });
});
