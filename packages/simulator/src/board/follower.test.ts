import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Follower } from "./follower.ts";
import { JournalFile } from "./journal-file.ts";
import { VirtualBoard } from "./testing/virtual-board.ts";

const busy = (entries: number): VirtualBoard => {
  const virtual = new VirtualBoard();
  for (let seq = 2; seq <= entries; seq++) virtual.board.latch(seq % 2 === 0);
  return virtual;
};

describe("a follower of the journal", () => {
  it("writes no more than its reader takes, and the rest as it takes more", async () => {
    const { board } = busy(1_000);
    const taken: number[] = [];
    let take = (): void => {};
    const reader = new Writable({
      highWaterMark: 100,
      write: (chunk, _, done) => {
        taken.push(Number(chunk));
        take = done;
      },
    });
    const follower = new Follower(board, reader, ({ seq }) => `${seq}\n`, 10);
    expect(reader.writableLength).toBeLessThan(200);
    while (taken.length < 990) {
      take();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(taken).toEqual(Array.from({ length: 990 }, (_, index) => index + 11));
    follower.stop();
    board.latch(true);
    expect(reader.writableLength).toBeLessThan(10);
  });

  it("writes a file to its end, however much is left when it is closed", async () => {
    const directory = await mkdtemp(join(tmpdir(), "busbar-"));
    try {
      const path = join(directory, "journal");
      await new JournalFile(busy(10_000).board, path, () => {}).close();
      expect((await readFile(path, "utf8")).trim().split("\n")).toHaveLength(10_000);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("goes on without a file that can't be written, and says so", async () => {
    const problems: string[] = [];
    const virtual = busy(10);
    const file = new JournalFile(virtual.board, "/nowhere/journal", (level, msg) => problems.push(`${level}: ${msg}`));
    await file.close();
    virtual.board.latch(true);
    expect(problems).toEqual(["error: journal file failed; the board goes on without"]);
  });
});
