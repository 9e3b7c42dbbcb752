import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AppendLog } from "./append-log.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "append-log-"));
  path = join(directory, "log");
});

afterEach(() => rmSync(directory, { recursive: true }));

async function reopened(): Promise<{ records: string[]; dropped: number }> {
  const { log, records, dropped } = await AppendLog.open(path);
  await log.close();
  return { records, dropped };
}

it("what was appended is there after a reopening, in order", async () => {
  const { log } = await AppendLog.open(path);
  await Promise.all(["one", "two", "three"].map((record) => log.append(record)));
  await log.append("four, with a\ttab and ünïcode");
  await log.close();
  expect(await reopened()).toEqual({ records: ["one", "two", "three", "four, with a\ttab and ünïcode"], dropped: 0 });
});

it("a tail torn at any byte costs only the record it tears, and the next append is sound", async () => {
  const { log } = await AppendLog.open(path);
  await log.append("first");
  const whole = log.size;
  await log.append("second");
  await log.close();
  const end = statSync(path).size;
  for (let size = whole; size < end; size += 1) {
    truncateSync(path, whole);
    appendFileSync(path, Buffer.alloc(size - whole, "x"));
    const { log: again, records } = await AppendLog.open(path);
    expect(records).toEqual(["first"]);
    await again.append("after");
    await again.close();
    expect((await reopened()).records).toEqual(["first", "after"]);
  }
});

it("a record whose bytes changed ends what is believed, and the rest is kept aside", async () => {
  const { log } = await AppendLog.open(path);
  await log.append("sound");
  const at = log.size;
  await log.append("to be damaged");
  await log.close();
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at + 12) ^ 1, at + 12);
  truncateSync(path, 0);
  appendFileSync(path, bytes);
  const { records, dropped } = await reopened();
  expect(records).toEqual(["sound"]);
  expect(readFileSync(`${path}.damaged`)).toHaveLength(dropped);
});

it("a replacement holds what was appended while it was made", async () => {
  const { log } = await AppendLog.open(path);
  for (let i = 0; i < 20; i += 1) await log.append(`old ${i}`);
  const replacing = log.replace(() => ["kept"]);
  const appended = log.append("new");
  await Promise.all([replacing, appended]);
  await log.close();
  expect((await reopened()).records).toEqual(["kept", "new"]);
});

it("nothing resolves before it is in the file", async () => {
  const { log } = await AppendLog.open(path);
  await log.append("durable");
  expect(readFileSync(path, "utf8")).toContain("durable");
  await log.close();
});
