import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Bus, connectBus } from "@busbar/bus";
import { endpoints, milliseconds } from "@busbar/contracts";
import { type BoardController, connectController } from "@busbar/hardware";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually, patienceMs, within } from "./bounded.ts";
import { shownEntry } from "./journal.ts";
import { expectNoProcessIn, killProcessesIn, temporaryDirectory } from "./our-processes.ts";
import { platformIn, type Replacement } from "./platform-files.ts";
import { type Program, run, runBundle } from "./program.ts";
import { natsServer } from "./system.ts";

/** Daemons started by hand beside a board, without the launcher, as units start them. */
const directory = temporaryDirectory();
const goodPlatform = platformIn(join(directory, "good"), {});
const boardSocket = join(directory, "board.sock");
const daemons = ["powermgr", "statemgr"] as const;
type Daemon = (typeof daemons)[number];

let board: BoardController;
let programs: Program[] = [];
let count = 0;

const start = (name: string, args: readonly string[], env: Record<string, string> = {}): Program => {
  const program = runBundle(name, args, { env });
  programs.push(program);
  return program;
};

/** The flags that a unit would give. Nobody listens at the broker's address unless a test says so. */
function flags(
  daemon: Daemon,
  { platform = goodPlatform, natsUrl = "nats://127.0.0.1:1", dataDir = join(directory, `data-${count++}`) } = {},
): string[] {
  const common = ["--nats-url", natsUrl, "--data-dir", dataDir, "--platform", platform];
  return daemon === "powermgr" ? [...common, "--board-socket", boardSocket] : common;
}

/** It must end by itself, saying why, and must not have touched the board. */
async function expectRefusal(program: Program, saying: readonly (string | RegExp)[]): Promise<void> {
  const { code, signal } = await program.ended();
  expect(signal).toBeNull();
  expect(code, program.text()).toBeGreaterThan(0);
  for (const words of saying) expect(program.text()).toMatch(words);
  const clients = (await board.entries(seq)).filter((entry) => entry.type === "client" || entry.type === "line");
  expect(clients, "what it did on the board").toEqual([]);
}

let boardProcess: Program;
let seq = 0;

beforeAll(async () => {
  boardProcess = runBundle("board", [
    "--socket",
    boardSocket,
    "--config",
    join(directory, "good", "board.yaml"),
    "--journal",
    join(directory, "board.ndjson"),
  ]);
  board = await eventually("the board", () => connectController({ socket: boardSocket, client: "test" }));
});

beforeEach(async ({ task, onTestFailed }) => {
  seq = (await board.state()).seq;
  const from = seq;
  onTestFailed(async () => {
    const entries = await board.entries(from);
    const logs = programs.map((program) => `── process ${program.pid}\n${program.text()}`);
    console.error([task.name, ...logs, "── journal of the board", ...entries.map(shownEntry)].join("\n"));
  });
});

afterEach(async () => {
  for (const program of programs) program.kill("SIGTERM");
  await Promise.all(programs.map((program) => program.ended()));
  programs = [];
});

afterAll(async () => {
  try {
    const { hazards, pending } = await board.hazards({ final: true });
    expect([...hazards, ...pending]).toEqual([]);
    expect((await board.state()).lines.filter(({ role, asserted }) => role === "button" && asserted)).toEqual([]);
    board.close();
    boardProcess.kill("SIGTERM");
    await boardProcess.ended();
    await expectNoProcessIn(directory);
  } finally {
    killProcessesIn(directory);
    rmSync(directory, { recursive: true, force: true });
  }
});

/** What is changed in the shipped file, and the place, value and fix that must be named. `FILE` is the file's path. */
const wrongPlatforms: readonly (readonly [what: string, change: Replacement, said: readonly string[]])[] = [
  [
    "an unknown key",
    ["dependsOn:", "dependOn:"],
    ["FILE:\\d+:\\d+", "domains\\.host\\.0\\.dependOn", "did you mean .{0,2}dependsOn"],
  ],
  [
    "a line without its polarity",
    [
      "power-button-0: { chip: main, output: momentary, active: low }",
      "power-button-0: { chip: main, output: momentary }",
    ],
    ["FILE:\\d+:\\d+", "gpio\\.lines\\.power-button-0\\.active", "missing", "write active: low or active: high"],
  ],
  [
    "a polarity that is none",
    [
      "reset-button-0: { chip: main, output: momentary, active: low }",
      "reset-button-0: { chip: main, output: momentary, active: lo }",
    ],
    ["FILE:\\d+:\\d+", "gpio\\.lines\\.reset-button-0\\.active", "lo\\b", "low or"],
  ],
  [
    "a line that nobody defined",
    ["enable: chassis-enable", "enable: chassis-enabel"],
    [
      "FILE:\\d+:\\d+",
      "domains\\.chassis\\.0\\.backend\\.gpio\\.enable",
      "chassis-enabel",
      "did you mean .{0,2}chassis-enable",
    ],
  ],
  [
    "a chip that nobody defined",
    ["chassis-enable: { chip: main", "chassis-enable: { chip: mian"],
    ["FILE:\\d+:\\d+", "gpio\\.lines\\.chassis-enable\\.chip", "mian", "did you mean .{0,2}main"],
  ],
  [
    "a duration without unit",
    ["press: 200ms", "press: 200"],
    ["FILE:\\d+:\\d+", "domains\\.host\\.0\\.timing\\.press", "200 is not a duration", "unit"],
  ],
  [
    "a press as long as a force off",
    ["press: 200ms", "press: 4s"],
    ["FILE:\\d+:\\d+", "domains\\.host\\.0\\.timing\\.press", "4s", "keep press"],
  ],
  [
    "a hold shorter than the force threshold",
    ["forceHold: 4s", "forceHold: 3s"],
    ["FILE:\\d+:\\d+", "domains\\.host\\.0\\.timing\\.forceHold", "3s", "longer than forceThreshold"],
  ],
  [
    "one line for two purposes",
    ["resetButton: reset-button-0", "resetButton: power-button-0"],
    ["FILE:\\d+:\\d+", "domains\\.host\\.0\\.backend\\.gpio\\.resetButton", "power-button-0", "a line of its own"],
  ],
  [
    "a dependency on nothing",
    ["dependsOn: [chassis.0]", "dependsOn: [chassis.1]"],
    ["FILE:\\d+:\\d+", "domains\\.host\\.0\\.dependsOn", "chassis\\.1", "did you mean .{0,2}chassis\\.0"],
  ],
  [
    "dependencies that go round",
    ["dependsOn: [chassis.0]", "dependsOn: [host.0]"],
    ["FILE:\\d+:\\d+", "domains\\.host\\.0\\.dependsOn", "goes round", "remove one"],
  ],
  ["no word on whether it was tried", ["tried: true\n", ""], ["FILE:\\d+:\\d+", "tried", "missing", "tried: false"]],
  ["YAML that is none", ["gpio:\n", "gpio: {\n"], ["FILE:\\d+:\\d+", "correct the YAML"]],
  ["a list instead of a file", [/[\s\S]*/, "- simulated\n"], ["FILE:\\d+:\\d+"]],
  ["nothing in it", [/[\s\S]*/, ""], ["FILE:\\d+:\\d+"]],
];

describe.each(daemons)("%s does not start", (daemon) => {
  // Both read it with the same code: of the second one it is enough to see that it does.
  test.each(wrongPlatforms.filter((_, at) => daemon === "powermgr" || at % 4 === 0))(
    "with a platform file with %s, and names file, path, value and fix",
    async (_what, change, said) => {
      const platform = platformIn(join(directory, `wrong-${count++}`), { platform: [change] });
      const expected = said.map((words) => new RegExp(words.replace("FILE", platform.replaceAll(".", "\\."))));
      await expectRefusal(start(daemon, flags(daemon, { platform })), expected);
    },
  );

  test("without its platform file, or with a directory for one", async () => {
    for (const platform of [join(directory, "nowhere", "platform.yaml"), directory]) {
      await expectRefusal(start(daemon, flags(daemon, { platform })), [
        platform,
        /name an existing platform\.yaml|can't be read/,
      ]);
    }
  });

  const wrongSettings: readonly (readonly [
    what: string,
    args: readonly string[],
    env: Record<string, string>,
    said: readonly (string | RegExp)[],
  ])[] = [
    ["an unknown flag", ["--platfrom", goodPlatform], {}, ["--platfrom", "did you mean --platform"]],
    ["a word that belongs to no flag", ["now"], {}, ['"now"', "--help"]],
    ["a flag without value", ["--log-level"], {}, ["--log-level", "needs a value"]],
    ["a wrong value", ["--log-level", "loud"], {}, ["--log-level", '"loud"', "debug", "info"]],
    ["a duration that is none", ["--integration-timeout", "soon"], {}, ["--integration-timeout", '"soon"', "10s"]],
    [
      "a duration out of range",
      ["--integration-timeout", "1ms"],
      {},
      ["--integration-timeout", '"1ms"', "100ms", "1m"],
    ],
    ["a wrong environment variable", [], { BUSBAR_LOG_LEVEL: "loud" }, ["BUSBAR_LOG_LEVEL", '"loud"', "info"]],
  ];
  test.each(wrongSettings)("with %s, and names key, value and fix", async (_what, args, env, said) => {
    await expectRefusal(start(daemon, [...flags(daemon), ...args], env), said);
  });

  test("with a URL that is no broker's", async () => {
    // powermgr makes the hardware safe before it looks for a broker: this time the board sees it.
    const program = start(daemon, flags(daemon, { natsUrl: "http://127.0.0.1" }));
    expect((await program.ended()).code).toBeGreaterThan(0);
    expect(program.text()).toMatch("http://127.0.0.1");
    expect(program.text()).toMatch("nats://127.0.0.1:4222");
  });

  test.each([
    ["an unknown key", { quueLimit: 5, logLevel: "info", logLevle: "info" }, ["logLevle", "did you mean logLevel"]],
    ["a wrong value", { logLevel: 7 }, ["logLevel", "7", "info"]],
  ])("with a settings file with %s", async (_what, content, said) => {
    const file = join(directory, `settings-${count++}.json`);
    writeFileSync(file, JSON.stringify(content));
    await expectRefusal(start(daemon, [...flags(daemon), "--config", file]), [file, ...said]);
  });

  test("with a settings file that is missing or no JSON", async () => {
    const file = join(directory, `settings-${count++}.json`);
    await expectRefusal(start(daemon, [...flags(daemon), "--config", file]), [file]);
    writeFileSync(file, "{ logLevel: info }");
    await expectRefusal(start(daemon, [...flags(daemon), "--config", file]), [file]);
  });

  test("in a data directory that can't be one", async () => {
    const dataDir = join(goodPlatform, "data");
    await expectRefusal(start(daemon, flags(daemon, { dataDir })), [dataDir, "data directory"]);
  });
});

describe("the board does not start", () => {
  test.each([
    ["an unknown key", ["model: { rise: 50ms", "modle: { rise: 50ms"] as Replacement, ["modle"]],
    ["a duration without unit", ["boot: 2s", "boot: 2"] as Replacement, ["boot", "300ms"]],
  ])("with a board file with %s", async (_what, change, said) => {
    const where = join(directory, `wrong-${count++}`);
    platformIn(where, { board: [change] });
    const file = join(where, "board.yaml");
    await expectRefusal(start("board", ["--socket", join(where, "board.sock"), "--config", file]), [file, ...said]);
  });
});

describe("without a broker", () => {
  test("daemons wait, say so, keep the lines safe, and serve once there is one; second instances are refused by name", async () => {
    const port = await freePort();
    const natsUrl = `nats://127.0.0.1:${port}`;
    const dataDirs = { powermgr: join(directory, "first-powermgr"), statemgr: join(directory, "first-statemgr") };
    const first = {
      powermgr: start("powermgr", flags("powermgr", { natsUrl, dataDir: dataDirs.powermgr })),
      statemgr: start("statemgr", flags("statemgr", { natsUrl, dataDir: dataDirs.statemgr })),
    };
    for (const daemon of daemons) {
      await first[daemon].lines.until(`${daemon} waits`, (line) =>
        line.includes(`waiting for the broker at ${natsUrl}`),
      );
    }
    const { lines } = await board.state();
    const outputs = lines
      .filter(({ role }) => role !== "sense")
      .map(({ line, holder, asserted }) => ({ line, holder, asserted }));
    expect(outputs).toEqual(outputs.map(({ line }) => ({ line, holder: "powermgr", asserted: false })));
    for (const daemon of daemons) expect(first[daemon].hasEnded()).toBe(false);

    const broker = run(natsServer(), ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", join(directory, "broker")]);
    programs.push(broker);
    for (const daemon of daemons)
      await first[daemon].lines.until(`${daemon} is ready`, (line) => line.includes('"msg":"ready"'));
    const bus = await connectBus({ url: natsUrl, name: "test", log: quiet });
    try {
      await expectServing(bus);
      for (const daemon of daemons) {
        const { id } = (await bus.find(daemon)) ?? {};
        const elsewhere = start(daemon, flags(daemon, { natsUrl }));
        expect((await elsewhere.ended()).code).toBeGreaterThan(0);
        expect(elsewhere.text()).toMatch(`${daemon} already runs`);
        expect(elsewhere.text()).toMatch(id ?? "no instance");

        const sameDirectory = start(daemon, flags(daemon, { natsUrl, dataDir: dataDirs[daemon] }));
        expect((await sameDirectory.ended()).code).toBeGreaterThan(0);
        expect(sameDirectory.text()).toMatch(dataDirs[daemon]);
        expect(sameDirectory.text()).toMatch(new RegExp(`\\b${first[daemon].pid}\\b`));
      }
      await expectServing(bus);
      for (const daemon of daemons) expect(first[daemon].hasEnded()).toBe(false);
    } finally {
      await bus.close(milliseconds(1_000));
    }
  });

  test.each(daemons)("%s can be told to stop while it waits", async (daemon) => {
    const program = start(daemon, flags(daemon));
    await program.lines.until("waiting", (line) => line.includes("waiting for the broker"));
    program.kill("SIGTERM");
    expect(await program.ended()).toEqual({ code: 0, signal: null });
  });
});

async function expectServing(bus: Bus): Promise<void> {
  const timeout = milliseconds(patienceMs);
  await eventually("both daemons serve every component", async () => {
    const [power, ...lists] = await Promise.all([
      bus.request(endpoints.systemStatus, {}, { timeout }),
      ...endpoints.componentLists.map((list) => bus.request(list, {}, { timeout })),
    ]);
    const known = lists.flatMap(({ message }) => message.components.map(({ component }) => component));
    const available = power.message.domains.filter((domain) => domain.available).map(({ component }) => component);
    expect(available.toSorted()).toEqual(known.toSorted());
    expect(known).toContain("host.0");
    return true;
  });
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function freePort(): Promise<number> {
  const server = createServer();
  await within("a port", new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
