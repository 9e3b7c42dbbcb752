import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { componentName, milliseconds } from "@busbar/contracts";
import {
  type BoardController,
  connectBoard,
  connectController,
  FrameReader,
  type JournalEntry,
} from "@busbar/hardware";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type RunningBoard, startBoard } from "./start-board.ts";
import { button, shippedBoard } from "./testing/virtual-board.ts";

const patience = { timeout: 10_000, interval: 2 };
const host0 = componentName("host.0");

describe("the board's socket", () => {
  let directory: string;
  let socket: string;
  let running: RunningBoard;
  let controller: BoardController;
  const onShutdown = vi.fn();
  const sockets: Socket[] = [];

  const start = (): Promise<RunningBoard> => startBoard({ config: shippedBoard, socket, log: () => {}, onShutdown });
  const options = (client: string) => ({ socket, client, timeout: milliseconds(10_000) });
  /** A client that speaks as it likes. */
  const raw = (): {
    readonly send: (text: string | Buffer) => void;
    readonly heard: Record<string, unknown>[];
    readonly socket: Socket;
  } => {
    const heard: Record<string, unknown>[] = [];
    const reader = new FrameReader();
    const own = connect(socket);
    sockets.push(own);
    own.on("error", () => {});
    own.on("data", (chunk) => {
      for (const line of reader.push(chunk)) heard.push(JSON.parse(line));
    });
    return { send: (text) => own.write(text), heard, socket: own };
  };

  beforeEach(async () => {
    onShutdown.mockReset();
    directory = await mkdtemp(join(tmpdir(), "busbar-"));
    socket = join(directory, "board.sock");
    running = await start();
    controller = await connectController(options("test"));
  });
  afterEach(async () => {
    for (const each of sockets.splice(0)) each.destroy();
    controller.close();
    await running.stop();
    await rm(directory, { recursive: true });
  });

  it("is for its owner alone, and is gone when the board is", async () => {
    expect((await stat(socket)).mode & 0o777).toBe(0o600);
    await running.stop();
    await expect(stat(socket)).rejects.toMatchObject({ code: "ENOENT" });
    running = await start();
  });

  it("is refused to a second board, which says so", async () => {
    await expect(start()).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining(socket) });
    await controller.state();
  });

  it("is refused where something else lies, and left there", async () => {
    const file = join(directory, "notes.txt");
    await writeFile(file, "precious");
    const other = startBoard({ config: shippedBoard, socket: file, log: () => {}, onShutdown });
    await expect(other).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await stat(file)).size).toBe(8);
  });

  it("is refused at a path that the kernel would cut", async () => {
    const long = startBoard({
      config: shippedBoard,
      socket: join(directory, "x".repeat(120)),
      log: () => {},
      onShutdown,
    });
    await expect(long).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("107 bytes"),
    });
  });

  it("answers nonsense with coded errors and goes on with the same client", async () => {
    const client = raw();
    client.send('{"id":1,"op":"state"}\n');
    client.send("oops\n");
    client.send('{"id":2,"op":"explode"}\n');
    client.send('{"id":3,"op":"hello","client":"panel","version":1}\n');
    client.send('{"id":4,"op":"hello","client":"raw","version":99}\n');
    client.send('{"id":5,"op":"hello","client":"raw","version":1}\n');
    client.send('{"id":6,"op":"line.get","line":"power-button-0"}\n');
    client.send('{"id":7,"op":"hello","client":"raw","version":1}\n\n');
    await vi.waitFor(() => expect(client.heard).toHaveLength(8), patience);
    expect(client.heard).toMatchObject([
      { reply: 1, error: { code: "FAILED_PRECONDITION", reason: "no-hello" } },
      { reply: null, error: { code: "INVALID_ARGUMENT" } },
      { reply: 2, error: { code: "INVALID_ARGUMENT" } },
      { reply: 3, error: { code: "INVALID_ARGUMENT", reason: "client-name" } },
      { reply: 4, error: { code: "FAILED_PRECONDITION", reason: "protocol-version" } },
      { reply: 5, result: { board: "simulated", version: 1 } },
      { reply: 6, error: { code: "HARDWARE_UNAVAILABLE", component: "power-button-0" } },
      { reply: 7, error: { code: "INVALID_ARGUMENT", reason: "client-name" } },
    ]);
  });

  it.each([
    ["without end", "x".repeat(70_000)],
    ["that is no UTF-8", Buffer.from([0xff, 0xfe, 0x0a])],
  ])("cuts a client that sends a frame %s, after telling it", async (_, frame) => {
    const client = raw();
    const closed = new Promise((resolve) => client.socket.once("close", resolve));
    client.send(frame);
    await closed;
    expect(client.heard).toMatchObject([{ reply: null, error: { code: "INVALID_ARGUMENT" } }]);
    await controller.state();
  });

  it("answers before its next turn, in the order of the requests", async () => {
    const client = raw();
    const requests = Array.from({ length: 100 }, (_, index) => `{"id":${index + 2},"op":"fault.list"}\n`);
    client.send(`{"id":1,"op":"hello","client":"raw","version":1}\n${requests.join("")}`);
    await vi.waitFor(() => expect(client.heard).toHaveLength(101), patience);
    expect(client.heard.map(({ reply }) => reply)).toEqual(Array.from({ length: 101 }, (_, index) => index + 1));
  });

  it("replays the journal to a follower that comes late, then goes on live, each entry once", async () => {
    await controller.latch(true);
    const seen: JournalEntry[] = [];
    const end = await controller.onEntry((entry) => seen.push(entry));
    await controller.latch(false);
    await vi.waitFor(() => expect(seen.filter(({ type }) => type === "latch")).toHaveLength(2), patience);
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
    end();
    const { seq } = await controller.state();
    await controller.latch(true);
    expect(seen.at(-1)?.seq).toBe(seq);
    expect((await controller.entries(seq)).map(({ type }) => type)).toEqual(["latch"]);
  });

  it("gives a follower that reads slowly every entry, without piling them up for it", async () => {
    const slow = raw();
    slow.socket.pause();
    slow.send(
      '{"id":1,"op":"hello","client":"slow","version":1}\n{"id":2,"op":"journal.follow","after":0,"subscription":1}\n',
    );
    const rounds = 20_000;
    for (let round = 0; round < rounds; round += 100) {
      await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          controller.intent({ operation: `op-${round + index}`, component: host0, effect: "off" }),
        ),
      );
    }
    slow.socket.resume();
    const events = () => slow.heard.filter(({ event }) => event === "journal");
    const { seq } = await controller.state();
    await vi.waitFor(() => expect(events()).toHaveLength(seq), { ...patience, timeout: 30_000 });
  });

  it("bounds the followers of one client", async () => {
    const ends = await Promise.all(Array.from({ length: 8 }, () => controller.onEntry(() => {})));
    await expect(controller.onEntry(() => {})).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    ends[0]?.();
    await controller.onEntry(() => {});
  });

  it("hands out the journal page by page", async () => {
    for (let round = 0; round < 1_000; round++)
      await controller.intent({ operation: `op-${round}`, component: host0, effect: "off" });
    const first = await controller.journal(0);
    expect(first.entries.length).toBeLessThan(first.last);
    const all = await controller.entries();
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: first.last }, (_, index) => index + 1));
  });

  it("waits for an entry, and no longer than told", async () => {
    const waiting = controller.until((entry) => entry.type === "latch" && entry.on, { timeout: milliseconds(10_000) });
    await controller.latch(true);
    expect((await controller.state()).latch).toBe(true);
    expect(await waiting).toMatchObject({ type: "latch", on: true });
    const never = controller.until(({ type }) => type === "hazard", { timeout: milliseconds(20) });
    await expect(never).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });

  it("takes every order of a controller", async () => {
    await controller.setFault({ kind: "boot-hang", component: host0 });
    expect(await controller.faults()).toEqual([{ kind: "boot-hang", component: "host.0" }]);
    expect(await controller.clearFaults({ kind: "boot-hang" })).toBe(1);
    await controller.intent({ operation: "op-1", component: host0, effect: "on" });
    await controller.intentOver("op-1");
    await controller.mains({ state: "lost", standby: "good" });
    await controller.mains({ state: "good", standby: "good" });
    await controller.press("power-button-0", milliseconds(1));
    expect(await controller.releaseMomentary()).toEqual([]);
    expect(await controller.hazards({ final: true })).toEqual({ hazards: [], pending: [], omitted: 0 });
    await expect(controller.press("nose", milliseconds(1))).rejects.toMatchObject({
      code: "NOT_FOUND",
      remedy: expect.any(String),
    });
    await controller.shutdown();
    await vi.waitFor(() => expect(onShutdown).toHaveBeenCalledOnce(), patience);
  });

  it("names holders, and who drove a line, by the names that clients gave", async () => {
    const board = await connectBoard(options("powermgr"));
    const line = await board.gpioChip().request("power-button-0", button);
    await line.set(1);
    const shown = (await controller.state()).lines.find((each) => each.line === "power-button-0");
    expect(shown).toEqual({ line: "power-button-0", role: "button", wire: "low", asserted: true, holder: "powermgr" });
    expect((await controller.entries()).findLast(({ type }) => type === "edge")).toMatchObject({
      by: "powermgr",
      wire: "low",
    });
    await board.close();
    expect(
      await controller.until((entry) => entry.type === "client" && entry.what === "gone", {
        timeout: milliseconds(10_000),
      }),
    ).toMatchObject({ client: "powermgr" });
    expect((await controller.state()).lines.every(({ holder }) => holder === undefined)).toBe(true);
  });
});
