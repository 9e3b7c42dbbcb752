import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { milliseconds } from "@busbar/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectController } from "./controller.ts";
import { FrameReader } from "./frame.ts";
import { connectBoard } from "./gpio-chip.ts";

interface Frame {
  readonly id: number;
  readonly op: string;
}

/** A board that answers as the test says; `undefined` is silence. */
type Script = (frame: Frame, socket: Socket) => object | undefined;

const hello = { board: "fake", version: 1 };
const polite: Script = ({ op }) => (op === "hello" ? hello : {});
const button = { direction: "output", output: "momentary", active: "low" } as const;

describe("the connection to a board", () => {
  let directory: string;
  let server: Server;
  let frames: Frame[];
  let sockets: Socket[];
  let script: Script;
  const path = (): string => join(directory, "board.sock");
  const options = () => ({ socket: path(), client: "test", timeout: milliseconds(100) });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "busbar-"));
    frames = [];
    sockets = [];
    script = polite;
    server = createServer((socket) => {
      const reader = new FrameReader();
      sockets.push(socket);
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        for (const line of reader.push(chunk)) {
          const frame: Frame = JSON.parse(line);
          frames.push(frame);
          const result = script(frame, socket);
          if (result !== undefined) socket.write(`${JSON.stringify({ reply: frame.id, result })}\n`);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(path(), resolve));
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true });
  });

  it("is refused when nobody serves the socket, naming it", async () => {
    const socket = join(directory, "nobody.sock");
    await expect(connectBoard({ socket, client: "test" })).rejects.toMatchObject({
      code: "HARDWARE_UNAVAILABLE",
      message: expect.stringContaining(socket),
    });
  });

  it("is given up when the board says nothing", async () => {
    script = () => undefined;
    await expect(connectBoard(options())).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
  });

  it("is given up when its user has no more need of it", async () => {
    script = () => undefined;
    const abort = new AbortController();
    const connecting = connectBoard({ ...options(), timeout: milliseconds(60_000), signal: abort.signal });
    abort.abort();
    await expect(connecting).rejects.toMatchObject({ code: "ABORTED" });
    await expect(connectBoard({ ...options(), signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "ABORTED",
    });
  });

  it("is refused by a board of another version, in its own words", async () => {
    script = ({ id }, socket) => {
      const error = { code: "FAILED_PRECONDITION", message: "the board speaks version 9", remedy: "upgrade" };
      socket.write(`${JSON.stringify({ reply: id, error })}\n`);
      return undefined;
    };
    await expect(connectBoard(options())).rejects.toMatchObject({
      code: "HARDWARE_UNAVAILABLE",
      message: expect.stringContaining("version 9"),
      remedy: "upgrade",
    });
  });

  it("names the line whose call was not answered in time, and goes on", async () => {
    let isSilent = true;
    script = (frame, socket) => (frame.op === "line.set" && isSilent ? undefined : polite(frame, socket));
    const line = await (await connectBoard(options())).gpioChip().request("power-button-0", button);
    await expect(line.set(1)).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE", component: "power-button-0" });
    isSilent = false;
    await line.set(1);
  });

  it("finds an answer that came in time although its own process had stalled", async () => {
    script = (frame, socket) => {
      if (frame.op !== "line.set") return polite(frame, socket);
      // The answer leaves, and then this process (and so the client) does nothing for longer than the timeout.
      socket.write(`${JSON.stringify({ reply: frame.id, result: {} })}\n`);
      for (const end = performance.now() + 150; performance.now() < end; );
      return undefined;
    };
    const line = await (await connectBoard(options())).gpioChip().request("power-button-0", button);
    await line.set(1);
  });

  it("gives back a line that the board may have granted after the request had timed out", async () => {
    script = (frame, socket) => (frame.op === "line.request" ? undefined : polite(frame, socket));
    const chip = (await connectBoard(options())).gpioChip();
    await expect(chip.request("power-button-0", button)).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
    await vi.waitFor(() => expect(frames.map(({ op }) => op)).toContain("line.release"));
  });

  it("tells that a silent board may not have taken a line back, so that it can be tried again", async () => {
    let isSilent = true;
    script = (frame, socket) => (frame.op === "line.release" && isSilent ? undefined : polite(frame, socket));
    const line = await (await connectBoard(options())).gpioChip().request("power-button-0", button);
    await expect(line.release()).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
    isSilent = false;
    await line.release();
    expect(frames.filter(({ op }) => op === "line.release")).toHaveLength(2);
  });

  it.each([
    ["is no JSON", "oops\n"],
    ["is no answer", "{}\n"],
    ["has no end", "x".repeat(70_000)],
  ])("is cut when what the board says %s: its lines are lost, once each", async (_, nonsense) => {
    const lost = vi.fn();
    const line = await (await connectBoard(options())).gpioChip().request("power-button-0", button);
    line.onLost(lost);
    sockets[0]?.write(nonsense);
    await vi.waitFor(() => expect(lost).toHaveBeenCalledOnce());
    await expect(line.get()).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE", component: "power-button-0" });
    expect(lost).toHaveBeenCalledOnce();
  });

  it("fails a call whose answer makes no sense, and says which call", async () => {
    script = (frame, socket) => (frame.op === "line.get" ? { level: "high" } : polite(frame, socket));
    const line = await (await connectBoard(options()))
      .gpioChip()
      .request("power-good-0", { direction: "input", active: "high" });
    await expect(line.get()).rejects.toMatchObject({
      code: "HARDWARE_UNAVAILABLE",
      message: expect.stringMatching(/power-good-0: line.get/),
    });
  });

  it("fails what is under way when it is lost, without waiting for the timeout", async () => {
    script = (frame, socket) => (frame.op === "state" ? undefined : polite(frame, socket));
    const controller = await connectController({ ...options(), timeout: milliseconds(60_000) });
    const call = controller.state();
    sockets[0]?.destroy();
    await expect(call).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
  });

  it("loses no journal entry that comes in the same breath as the reply", async () => {
    const entry = { type: "latch", seq: 1, at: 1, on: true };
    script = (frame, socket) => {
      if (frame.op !== "journal.follow") return polite(frame, socket);
      const event = { event: "journal", subscription: 1, entry };
      socket.write(`${JSON.stringify({ reply: frame.id, result: {} })}\n${JSON.stringify(event)}\n`);
      return undefined;
    };
    const controller = await connectController(options());
    expect(await controller.until(({ type }) => type === "latch", { timeout: milliseconds(1_000) })).toEqual(entry);
  });

  it("ends a journal that is being followed with an error when it is lost, and without one when its user stops", async () => {
    const controller = await connectController(options());
    const stop = new AbortController();
    const quiet = (async () => {
      for await (const _ of controller.follow({ signal: stop.signal })) expect.unreachable();
    })();
    stop.abort();
    await quiet;
    const following = controller.follow().next();
    await vi.waitFor(() => expect(frames.filter(({ op }) => op === "journal.follow")).toHaveLength(2));
    sockets[0]?.destroy();
    await expect(following).rejects.toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
  });
});
