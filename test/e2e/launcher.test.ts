import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import {
  componentName,
  decodeStateChange,
  encodeActionRequest,
  milliseconds,
  type StateChangeMessage,
  subjects,
} from "@busbar/contracts";
import { type BoardController, connectController } from "@busbar/hardware";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually, patienceMs } from "./bounded.ts";
import { pulsesOn, shownEntry } from "./journal.ts";
import { expectNoProcessIn, isAlive, killProcessesIn, processesIn, temporaryDirectory } from "./our-processes.ts";
import { platformIn, quickPlatformIn, repository } from "./platform-files.ts";
import { type Program, runBundle } from "./program.ts";
import { RawNats } from "./raw-nats.ts";
import { assertedAtTheEnd, journalFile, natsServer } from "./system.ts";

/** `npm start` without its bootstrap: the bundle that it runs, in a root of its own, so that .data/ is our own too. */
const directory = temporaryDirectory();
const root = join(directory, "root");
const host = componentName("host.0");

/** Told to stop, everything has stopped within 5 s; a busy machine gets as much again. */
const stopWithinMs = 10_000;
/** A kill in a press must leave the line below this (platforms/simulated/platform.yaml). */
const forceThreshold = 3_500;

let programs: Program[] = [];
let count = 0;

beforeAll(() => {
  mkdirSync(join(directory, "tmp"), { recursive: true });
  mkdirSync(root);
  for (const name of ["dist", "platforms"]) symlinkSync(join(repository(), name), join(root, name));
});

function launch(args: readonly string[]): Program {
  const env = { BUSBAR_ROOT: root, BUSBAR_NATS_SERVER: natsServer(), TMPDIR: join(directory, "tmp") };
  const program = runBundle("launcher", args, { env });
  programs.push(program);
  return program;
}

const freshDir = () => join(directory, `data-${count++}`);

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") {
    for (const program of programs) console.error(`── launcher ${program.pid}\n${program.text()}`);
    for (const dir of dataDirs)
      if (existsSync(join(dir, "board.ndjson")))
        console.error(`── board of ${dir}\n${journalFile(dir).map(shownEntry).join("\n")}`);
  }
  for (const program of programs) if (!program.hasEnded()) program.kill("SIGTERM");
  await Promise.all(programs.map((program) => program.ended(stopWithinMs).catch(() => undefined)));
  killProcessesIn(directory);
  programs = [];
  dataDirs = [];
});

let dataDirs: string[] = [];

afterAll(() => {
  killProcessesIn(directory);
  rmSync(directory, { recursive: true, force: true });
});

interface RunFile {
  readonly profile: string;
  readonly platform: string;
  readonly nats_url: string;
  readonly board_socket: string;
  readonly pids: Readonly<Record<string, number>>;
}

const runFile = (dataDir: string): RunFile => JSON.parse(readFileSync(join(dataDir, "run.json"), "utf8")) as RunFile;

/** Resolves when it says so; sooner, with all that it wrote, when it ends instead. */
async function ready(program: Program): Promise<void> {
  const line = program.stdout.until(`"ready" of launcher ${program.pid}`, (each) => each === "ready");
  await Promise.race([line, program.ended().then(() => Promise.reject(new Error(`it ended\n${program.text()}`)))]);
}

/** A running system in a directory of its own. */
async function started(args: readonly string[] = []): Promise<{ program: Program; dataDir: string; run: RunFile }> {
  const dataDir = freshDir();
  dataDirs.push(dataDir);
  const program = launch(["--data-dir", dataDir, ...args]);
  await ready(program);
  return { program, dataDir, run: runFile(dataDir) };
}

/** Stops it as `kill` and Ctrl-C do, and looks that nothing is left. */
async function stop(
  { program, dataDir }: { program: Program; dataDir: string },
  signal: NodeJS.Signals = "SIGTERM",
): Promise<void> {
  const at = performance.now();
  program.kill(signal);
  expect(await program.ended(stopWithinMs)).toEqual({ code: 0, signal: null });
  expect(performance.now() - at).toBeLessThan(stopWithinMs);
  expect(processesIn(dataDir), "processes left").toEqual([]);
  expect(assertedAtTheEnd(dataDir), "lines left asserted").toEqual([]);
  expect(journalFile(dataDir).filter(({ type }) => type === "hazard")).toEqual([]);
  expect(existsSync(join(dataDir, "run.json"))).toBe(false);
}

/** The board of a running system, and a client of its broker. */
async function attached<T>(
  { run }: { run: RunFile },
  work: (board: BoardController, peer: RawNats) => Promise<T>,
): Promise<T> {
  const board = await connectController({ socket: run.board_socket, client: "test" });
  const peer = await RawNats.connect(run.nats_url);
  try {
    return await work(board, peer);
  } finally {
    peer.close();
    board.close();
  }
}

describe("--once", () => {
  test("powers host.0 on and off, shows the timeline, stops everything and ends with 0", async () => {
    const program = launch(["--once"]);
    const ending = await program.ended(60_000);
    expect(ending, program.text()).toEqual({ code: 0, signal: null });
    expect(program.stderr.all).toEqual([]);

    const out = program.stdout.all;
    expect(out).toContain("ready");
    const timeline = out.slice(out.findIndex((line) => /time\s+what/.test(line)));
    const inOrder = [
      /statemgr +chassis\.0 CHASSIS_STATUS_OFF -> CHASSIS_STATUS_TRANSITIONING \(after \d+ ms\)/,
      /board +chassis-enable high by powermgr/,
      /board +power-button-0 low by powermgr/,
      /board +power-button-0 high by powermgr/,
      /board +power-good-0 high/,
      /statemgr +chassis\.0 CHASSIS_STATUS_TRANSITIONING -> CHASSIS_STATUS_ON \(after \d+ ms\)/,
      /statemgr +host\.0 HOST_STATUS_TRANSITIONING -> HOST_STATUS_ON \(after \d+ ms\)/,
      /board +power-button-0 low by powermgr/,
      /board +power-good-0 low/,
      /statemgr +host\.0 HOST_STATUS_TRANSITIONING -> HOST_STATUS_OFF \(after \d+ ms\)/,
      /the hazard judge recorded nothing/,
    ];
    let from = 0;
    for (const wanted of inOrder) {
      const at = timeline.findIndex((line, index) => index >= from && wanted.test(line));
      expect(at, `${wanted} after line ${from} of\n${timeline.join("\n")}`).toBeGreaterThanOrEqual(from);
      from = at + 1;
    }
    expect(processesIn(directory)).toEqual([]);
    expect(readdirSync(join(directory, "tmp")), "what it left in the temporary directory").toEqual([]);
  });

  test("stops at once when it is told to, in the middle of it", async () => {
    const dataDir = freshDir();
    dataDirs.push(dataDir);
    const program = launch(["--once", "--data-dir", dataDir]);
    await ready(program);
    program.kill("SIGTERM");
    await program.ended(stopWithinMs);
    expect(program.text()).not.toContain("the hazard judge recorded nothing");
    expect(processesIn(dataDir)).toEqual([]);
    expect(assertedAtTheEnd(dataDir)).toEqual([]);
    expect(existsSync(join(dataDir, "run.json"))).toBe(false);
  });
});

describe("a running launcher", () => {
  test.each<NodeJS.Signals>(["SIGTERM", "SIGINT"])(
    "has a run.json for its user alone, and leaves nothing behind on %s",
    async (signal) => {
      const system = await started();
      const { run, program, dataDir } = system;
      expect(statSync(join(dataDir, "run.json")).mode & 0o777).toBe(0o600);
      expect(run).toMatchObject({
        profile: "bmc",
        platform: join(root, "platforms", "simulated", "platform.yaml"),
        nats_url: expect.stringMatching(/^nats:\/\/127\.0\.0\.1:\d+$/),
      });
      expect(Object.keys(run.pids).toSorted()).toEqual(["board", "broker", "launcher", "powermgr", "statemgr"]);
      expect(run.pids.launcher).toBe(program.pid);
      for (const pid of Object.values(run.pids)) expect(isAlive(pid)).toBe(true);
      const broker = await program.stdout.until("where the broker is", (line) => /^ +broker /.test(line));
      expect(broker).toContain(run.nats_url);
      expect(broker).toMatch(/nobody has to authenticate/);

      await attached(system, async (board) =>
        expect((await board.state()).hosts.map(({ power }) => power)).toEqual(["off", "off"]),
      );
      await stop(system, signal);
      for (const pid of Object.values(run.pids)) expect(isAlive(pid)).toBe(false);
    },
  );

  test("told to stop in the middle of a press lets go of the line first", async () => {
    const platform = quickPlatformIn(join(directory, "slow-press"), { platform: [["press: 200ms", "press: 2s"]] });
    const system = await started(["--platform", platform]);
    await attached(system, async (board, peer) => {
      peer.publish(subjects.action("statemgr", host), encodeActionRequest(host, "HOST_ACTION_ON"));
      await pressed(board);
    });
    await stop(system);
    const [press, ...more] = pulsesOn("power-button-0", journalFile(system.dataDir));
    expect(more).toEqual([]);
    expect(press?.width).toBeLessThan(forceThreshold);
  });

  test("starts a powermgr again that was killed in the middle of a press: the line is let go within a second, and pressed once", async () => {
    const platform = quickPlatformIn(join(directory, "slow-press"), { platform: [["press: 200ms", "press: 2s"]] });
    const system = await started(["--platform", platform]);
    const killed = system.run.pids.powermgr ?? 0;
    await attached(system, async (board, peer) => {
      const events = await peer.subscribe(subjects.transition(host));
      const reply = await peer.request(subjects.action("statemgr", host), encodeActionRequest(host, "HOST_ACTION_ON"));
      const operationId = reply.headers.get("Busbar-Operation-Id");
      // The host has taken the press, and the button is held for much longer.
      await pressed(board);
      await board.until((entry) => entry.type === "power" && entry.component === host, {
        timeout: milliseconds(patienceMs),
      });
      process.kill(killed, "SIGKILL");

      const gone = await board.until(
        (entry) => entry.type === "client" && entry.client === "powermgr" && entry.what === "gone",
        { timeout: milliseconds(patienceMs) },
      );
      const release = await board.until(
        (entry) => entry.type === "edge" && entry.line === "power-button-0" && !entry.asserted,
        { timeout: milliseconds(patienceMs) },
      );
      expect(release).toMatchObject({ by: "release-step", wire: "high" });
      expect(release.at - gone.at).toBeLessThan(1_000);

      // Power-good settles what the journal had begun: the press had switched the host on. Nothing is pressed again.
      const changes: StateChangeMessage[] = [];
      const ended = await peer.messages.until("the end of the operation", ({ sid, body }) => {
        if (sid !== events) return false;
        changes.push(decodeStateChange(host, body));
        return changes.at(-1)?.current !== "HOST_STATUS_TRANSITIONING";
      });
      expect(decodeStateChange(host, ended.body)).toMatchObject({
        current: "HOST_STATUS_ON",
        cause: "HOST_ACTION_ON",
        origin: { operationId },
      });
      await system.program.lines.until("the news of its end", (line) => /^powermgr ended \(SIGKILL\)/.test(line));

      await eventually(
        "the new powermgr",
        () =>
          processesIn(system.dataDir).some(({ pid, command }) => pid !== killed && command.includes("powermgr.mjs")) ||
          undefined,
      );
      const pulses = pulsesOn("power-button-0", await board.entries());
      expect(pulses.map(({ width }) => width < forceThreshold)).toEqual([true]);
      expect((await board.hazards({ final: false })).hazards).toEqual([]);

      // It serves again, and the operation has the one outcome that was recorded.
      const off = await peer.request(
        subjects.action("statemgr", host),
        encodeActionRequest(host, "HOST_ACTION_FORCE_OFF"),
      );
      expect(off.headers.get("Busbar-Outcome")).toBe("accepted");
      await peer.messages.until(
        "OFF",
        ({ sid, body }) => sid === events && decodeStateChange(host, body).current === "HOST_STATUS_OFF",
      );
      const ends = peer.messages.all
        .filter(({ sid }) => sid === events)
        .map(({ body }) => decodeStateChange(host, body))
        .filter(({ current, origin }) => origin.operationId === operationId && current !== "HOST_STATUS_TRANSITIONING");
      expect(ends).toHaveLength(1);
    });
    await stop(system);
  });

  test("starts a powermgr again that was killed in the middle of a reset: it is not made again, and its outcome is unknown", async () => {
    const platform = quickPlatformIn(join(directory, "slow-reset"), { platform: [["reset: 100ms", "reset: 900ms"]] });
    const system = await started(["--platform", platform]);
    await attached(system, async (board, peer) => {
      const events = await peer.subscribe(subjects.transition(host));
      const change = (what: string, matches: (change: StateChangeMessage) => boolean) =>
        peer.messages
          .until(what, ({ sid, body }) => sid === events && matches(decodeStateChange(host, body)))
          .then(({ body }) => decodeStateChange(host, body));
      await peer.request(subjects.action("statemgr", host), encodeActionRequest(host, "HOST_ACTION_ON"));
      await change("ON", ({ current }) => current === "HOST_STATUS_ON");

      const reply = await peer.request(
        subjects.action("statemgr", host),
        encodeActionRequest(host, "HOST_ACTION_FORCE_RESTART"),
      );
      const operationId = reply.headers.get("Busbar-Operation-Id");
      await board.until((entry) => entry.type === "reset", { timeout: milliseconds(patienceMs) });
      process.kill(system.run.pids.powermgr ?? 0, "SIGKILL");

      const ended = await change(
        "the end of the reset",
        ({ current, origin }) => origin.operationId === operationId && current !== "HOST_STATUS_TRANSITIONING",
      );
      expect(ended).toMatchObject({ current: "HOST_STATUS_ON", origin: { errorCode: "OUTCOME_UNKNOWN" } });
      const entries = await board.entries();
      expect(pulsesOn("reset-button-0", entries)).toHaveLength(1);
      expect(entries.filter(({ type }) => type === "reset")).toHaveLength(1);
    });
    await stop(system);
  });

  test("names the process that runs now, after one was started again", async () => {
    const system = await started();
    const killed = system.run.pids.statemgr ?? 0;
    process.kill(killed, "SIGKILL");
    await eventually(
      "a statemgr that lives in run.json",
      () => {
        const { statemgr = 0 } = runFile(system.dataDir).pids;
        return (statemgr !== killed && isAlive(statemgr)) || undefined;
      },
      10_000,
    );
    await stop(system);
  });
});

describe("two launchers side by side", () => {
  test("started at the same moment without any flag don't collide", async () => {
    const [one, other] = [launch([]), launch([])];
    await Promise.all([ready(one), ready(other)]);
    const places = readdirSync(join(root, ".data")).map((name) => join(root, ".data", name));
    dataDirs.push(...places);
    expect(places).toHaveLength(2);
    const runs = places.map(runFile);
    expect(new Set(runs.map(({ nats_url }) => nats_url)).size).toBe(2);
    expect(runs.map(({ pids }) => pids.launcher).toSorted()).toEqual([one.pid, other.pid].toSorted());

    // What one does the other doesn't see.
    const [first, second] = runs;
    if (first === undefined || second === undefined) throw new Error("no run.json");
    await attached({ run: first }, async (board, peer) => {
      const events = await peer.subscribe(subjects.transition(host));
      await peer.request(subjects.action("statemgr", host), encodeActionRequest(host, "HOST_ACTION_ON"));
      await peer.messages.until(
        "ON",
        ({ sid, body }) => sid === events && decodeStateChange(host, body).current === "HOST_STATUS_ON",
      );
      expect((await board.hazards({ final: true })).hazards).toEqual([]);
    });
    await attached({ run: second }, async (board) => {
      const { hosts } = await board.state();
      expect(hosts.map(({ power }) => power)).toEqual(["off", "off"]);
    });
    for (const program of [one, other]) program.kill("SIGTERM");
    for (const program of [one, other]) expect(await program.ended(stopWithinMs)).toEqual({ code: 0, signal: null });
    await expectNoProcessIn(root);
  });

  test("in the same data directory: the second is refused and names the first", async () => {
    const system = await started();
    const second = launch(["--data-dir", system.dataDir]);
    const { code } = await second.ended();
    expect(code).toBe(5);
    expect(second.stderr.all).toHaveLength(1);
    expect(second.stderr.all[0]).toMatch(new RegExp(`\\b${system.program.pid}\\b.*; .*another data directory`));
    expect(runFile(system.dataDir)).toEqual(system.run);
    await stop(system);
  });
});

describe("what the launcher is told wrongly", () => {
  test.each<readonly [args: readonly string[], code: number, said: RegExp]>([
    [["--onec"], 2, /--onec.*; .*--help/],
    [["now"], 2, /now.*; .*--help/],
    [["--port", "http"], 2, /--port http.*; .*1 to 65535/],
    [["--port", "70000"], 2, /--port 70000.*; .*1 to 65535/],
    [["--profile", "everything"], 2, /--profile everything.*; .*bmc/],
    [["--platform", "nowhere"], 4, /nowhere.*platform\.yaml.*; .*platforms\//],
    [["--platform", "./nowhere/platform.yaml"], 4, /nowhere\/platform\.yaml.*; .*platforms\//],
  ])("%j is refused in one line with its fix", async (args, code, said) => {
    const program = launch([...args, "--data-dir", freshDir()]);
    expect((await program.ended()).code).toBe(code);
    expect(program.stdout.all).toEqual([]);
    expect(program.stderr.all).toHaveLength(1);
    expect(program.stderr.all[0]).toMatch(said);
    expect(processesIn(directory)).toEqual([]);
  });

  test("a wrong platform file ends the start, naming file, path, value and fix", async () => {
    const platform = platformIn(join(directory, "wrong"), { platform: [["press: 200ms", "press: 200"]] });
    const program = launch(["--data-dir", freshDir(), "--platform", platform]);
    const { code } = await program.ended(15_000);
    expect(code).toBeGreaterThan(0);
    expect(program.text()).toMatch(
      /wrong\/platform\.yaml:\d+:\d+: domains\.host\.0\.timing\.press: 200 is not a duration; write a number and its unit/,
    );
    await expectNoProcessIn(directory);
  });

  test("a port that somebody else listens on ends the start, naming it", async () => {
    const system = await started();
    const { port } = new URL(system.run.nats_url);
    const second = launch(["--data-dir", freshDir(), "--port", port]);
    const { code } = await second.ended(15_000);
    expect(code).toBeGreaterThan(0);
    expect(second.text()).toMatch(port);
    await stop(system);
  });
});

const pressed = (board: BoardController) =>
  board.until((entry) => entry.type === "edge" && entry.line === "power-button-0" && entry.asserted, {
    timeout: milliseconds(patienceMs),
  });
