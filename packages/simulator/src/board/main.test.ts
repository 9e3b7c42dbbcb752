import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { componentName, milliseconds } from "@busbar/contracts";
import { type BoardController, connectBoard, connectController, type Edge, type JournalEntry } from "@busbar/hardware";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestProcess } from "./testing/board-process.ts";

const shipped = join(import.meta.dirname, "../../../../platforms/simulated/board.yaml");
const main = new URL("./main.ts", import.meta.url);
const holdButton = new URL("./testing/hold-button.ts", import.meta.url);
const host0 = componentName("host.0");
const chassis0 = componentName("chassis.0");
const patience = { timeout: milliseconds(30_000) };

describe("the board as a process", () => {
  let directory: string;
  let socket: string;
  const processes: TestProcess[] = [];
  const controllers: BoardController[] = [];

  const run = (file: URL, ...args: string[]): TestProcess => {
    const started = new TestProcess(file, args);
    processes.push(started);
    return started;
  };
  const board = async (...more: string[]): Promise<TestProcess> => {
    const started = run(main, "--socket", socket, "--config", shipped, ...more);
    expect(JSON.parse(await started.line('"msg":"ready"'))).toMatchObject({ level: 30, name: "board", socket });
    return started;
  };
  const options = (client: string) => ({ socket, client, timeout: milliseconds(10_000) });
  const control = async (): Promise<BoardController> => {
    const controller = await connectController(options("test"));
    controllers.push(controller);
    return controller;
  };
  const edgesOf = (entries: readonly JournalEntry[], line: string) =>
    entries.filter((entry) => entry.type === "edge").filter((entry) => entry.line === line);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "busbar-"));
    socket = join(directory, "board.sock");
  });
  afterEach(async () => {
    for (const each of controllers.splice(0)) each.close();
    for (const each of processes) each.kill("SIGKILL");
    for (const each of processes.splice(0)) await each.exited();
    await rm(directory, { recursive: true });
  });

  it("switches a host on when its button is pressed through the port, and its journal shows the width", async () => {
    await board();
    const controller = await control();
    const client = await connectBoard(options("powermgr"));
    const chip = client.gpioChip();
    const rail = await chip.request("chassis-enable", { direction: "output", output: "latched", active: "high" });
    const button = await chip.request("power-button-0", { direction: "output", output: "momentary", active: "low" });
    const good = await chip.request("power-good-0", { direction: "input", active: "high", debounce: milliseconds(10) });
    const edge = new Promise<Edge>((resolve) => good.onEdge(resolve));

    await controller.intent({ operation: "op-1", component: chassis0, effect: "on" });
    await rail.set(1);
    await controller.until((entry) => entry.type === "edge" && entry.line === "chassis-good", patience);
    const before = Number(process.hrtime.bigint()) / 1e6;
    await button.set(1);
    await sleep(200);
    await button.set(0);
    const after = Number(process.hrtime.bigint()) / 1e6;

    expect(await edge).toMatchObject({ level: 1, sequence: 1 });
    expect(await good.get()).toBe(1);
    await controller.until((entry) => entry.type === "os" && entry.state === "up", patience);
    expect((await controller.state()).hosts[0]).toMatchObject({ component: "host.0", power: "on", os: "up", boots: 1 });

    const [press, release] = edgesOf(await controller.entries(), "power-button-0");
    expect([press?.by, press?.asserted, release?.asserted]).toEqual(["powermgr", true, false]);
    const width = (release?.at ?? Number.NaN) - (press?.at ?? Number.NaN);
    expect(width).toBeGreaterThan(190);
    expect(width).toBeLessThan(after - before);

    // The witness's news may come after the act.
    expect((await controller.hazards({ final: false })).pending).toMatchObject([{ code: "unrequested-press" }]);
    await controller.intent({ operation: "op-2", component: host0, effect: "on" });
    expect(await controller.hazards({ final: true })).toEqual({ hazards: [], pending: [], omitted: 0 });
    await client.close();
  });

  it("keeps the level of a client that was killed, and lets go when told to", async () => {
    await board();
    const controller = await control();
    const doomed = run(holdButton, socket, "power-button-1");
    await doomed.line("asserted");
    doomed.kill("SIGKILL");
    await controller.until((entry) => entry.type === "line" && entry.what === "lost", patience);
    const shown = async () => (await controller.state()).lines.find(({ line }) => line === "power-button-1");
    expect(await shown()).toEqual({ line: "power-button-1", role: "button", wire: "low", asserted: true });
    expect(await controller.releaseMomentary()).toEqual(["power-button-1"]);
    expect(await shown()).toMatchObject({ wire: "high", asserted: false });
    const [press, release] = edgesOf(await controller.entries(), "power-button-1");
    expect([press?.by, release?.by]).toEqual(["doomed", "test"]);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "ends on %s, whoever is connected, and removes its socket",
    async (signal) => {
      const running = await board();
      await control();
      const asked = performance.now();
      running.kill(signal);
      expect(await running.exited()).toBe(0);
      expect(performance.now() - asked).toBeLessThan(1_000);
      await expect(stat(socket)).rejects.toMatchObject({ code: "ENOENT" });
    },
  );

  it("ends when a controller tells it to, after answering", async () => {
    const running = await board();
    await (await control()).shutdown();
    expect(await running.exited()).toBe(0);
  });

  it("takes over the socket of a board that was killed, and refuses one that is served", async () => {
    const first = await board();
    const second = run(main, "--socket", socket, "--config", shipped);
    expect(JSON.parse(await second.line('"level":60'))).toMatchObject({
      code: "CONFLICT",
      msg: `socket ${socket} is served by a board that runs already`,
      remedy: expect.any(String),
    });
    expect(await second.exited()).toBe(1);
    first.kill("SIGKILL");
    await first.exited();
    await stat(socket);
    await board();
    expect((await (await control()).state()).board).toBe("simulated");
  });

  it("writes its journal to a file, from the first entry with the wall time to the last one", async () => {
    const file = join(directory, "journal.jsonl");
    const started = Date.now();
    const running = await board("--journal", file);
    const controller = await control();
    await controller.latch(true);
    await controller.shutdown();
    await running.exited();
    const entries: JournalEntry[] = (await readFile(file, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const [first] = entries;
    expect(first).toMatchObject({ seq: 1, type: "start", board: "simulated" });
    expect(first?.type === "start" ? Date.parse(first.wall) : 0).toBeGreaterThanOrEqual(started - 1);
    expect(entries.map(({ type }) => type)).toEqual(["start", "client", "latch", "client"]);
  });

  it("logs a hazard when it happens", async () => {
    const running = await board();
    const controller = await control();
    const doomed = run(holdButton, socket, "reset-button-0");
    await doomed.line("asserted");
    expect(JSON.parse(await running.line("hazard:"))).toMatchObject({
      level: 50,
      code: "asserted-too-long",
      line: "reset-button-0",
    });
    expect((await controller.hazards({ final: false })).hazards).toMatchObject([{ code: "asserted-too-long" }]);
  });

  it("refuses a bad board file by naming what is wrong, and bad flags by telling the good ones", async () => {
    const config = join(directory, "board.yaml");
    await writeFile(config, "board: bad\nhosts: { host.0: { chassis: chassis.0 } }\n");
    const refused = run(main, "--socket", socket, "--config", config);
    const line = JSON.parse(await refused.line('"level":60'));
    expect(line.msg).toContain(`${config}: hosts.host.0.powerButton: is missing`);
    expect(await refused.exited()).toBe(1);
    const confused = run(main, "--sokcet", socket);
    expect(await confused.exited()).toBe(2);
    expect(confused.stderr).toContain("--socket PATH");
  });
});
