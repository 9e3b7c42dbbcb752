import { cpSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { startBroker } from "@busbar/bus";
import { actionsOf, type ComponentKind, componentKinds, errorCodes, verbOf } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { eventually } from "./bounded.ts";
import { type CliOptions, CliProcess, runCli, type Said, startCli, startCliOnTerminal } from "./cli-process.ts";
import { repository } from "./platform-files.ts";
import { natsServer, useSystem } from "./system.ts";

const system = useSystem({
  changes: { platform: [["powerGood: 5s", "powerGood: 2s"]] },
  // Whoever is connected while the broker is killed says so.
  expectedErrors: [/broker/i],
});

const here = (env: Record<string, string> = {}): CliOptions => ({ env: { BUSBAR_DATA_DIR: system().dataDir, ...env } });
const busbar = (line: string): Promise<Said> => runCli(line, here());
const start = (line: string): CliProcess => startCli(line, here());

/** For what must go well. */
async function told(line: string): Promise<string> {
  const { exit, stdout, stderr } = await busbar(line);
  expect({ line, exit, stderr }).toMatchObject({ exit: 0 });
  return stdout;
}

async function json<T = Record<string, unknown>>(line: string): Promise<T> {
  return JSON.parse(await told(`${line} --output json`)) as T;
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** One line on stderr, with a remedy, and the exit code of the error table. */
function expectFailure(said: Said, code: keyof typeof errorCodes, message: RegExp): void {
  expect(said.stderr).toMatch(message);
  expect(said.stderr.trimEnd().split("\n").at(-1)).toMatch(/^busbar: .+; .+$/);
  expect(said.exit).toBe(errorCodes[code].exit);
}

describe("what is asked is shown, as a table and as data", () => {
  const questions: readonly [line: string, heading: RegExp, shape: object][] = [
    [
      "status",
      /^COMPONENT +STATUS +POWER/,
      { components: expect.arrayContaining([expect.objectContaining({ component: "host.0" })]) },
    ],
    ["host get 0", /^component +host\.0\nstatus +/, { component: "host.0", operation_id: null }],
    ["chassis get 0", /^component +chassis\.0/, { component: "chassis.0" }],
    ["bmc get 0", /^component +bmc\.0/, { component: "bmc.0" }],
    ["host history 1", /^CHANGED +FROM +TO/, { component: "host.1", changes: expect.any(Array) }],
    [
      "history chassis.0 --limit 1",
      /^CHANGED +FROM +TO/,
      { changes: [expect.objectContaining({ component: "chassis.0" })] },
    ],
    ["operations", /^ID +COMPONENT +ACTION/, { operations: expect.any(Array) }],
    ["operations list --active --limit 5", /^ID +COMPONENT +ACTION/, { operations: [] }],
    [
      "domains",
      /^DOMAIN +BACKEND/,
      { domains: expect.arrayContaining([expect.objectContaining({ depends_on: ["chassis.0"] })]) },
    ],
    ["health", /^SERVICE +CHECK/, { status: "ok", services: [{ service: "powermgr" }, { service: "statemgr" }] }],
    ["board state", /^simulated: mains good/, { mains: "good", hosts: expect.any(Array) }],
    ["board hazards", /nothing dangerous/, { hazards: [], pending: [], omitted: 0 }],
    ["board fault list", /nothing is broken/, { faults: [] }],
  ];

  test.each(questions)("%s", async (line, heading, shape) => {
    expect(await told(line)).toMatch(heading);
    expect(await json(line)).toMatchObject(shape);
  });

  test("board journal: one line per entry", async () => {
    const lines = (await told("board journal --output json")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual(lines.map((_, index) => index + 1));
    expect(await told("board journal --after 1")).not.toMatch(/^ *1 /);
  });

  test("every id of status and operations leads to its operation", async () => {
    await system().bring("host.0", "on");
    const { operations } = await json<{ operations: { id: string }[] }>("operations --limit 1");
    const id = operations[0]?.id ?? "";
    expect(await json(`operations get ${id}`)).toMatchObject({ id, state: "succeeded", steps: expect.any(Array) });
    expect(await told(`operations get ${id}`)).toMatch(/^operation +[0-9a-f-]+\n[\s\S]*STEP +COMPONENT/);
  });
});

describe("host on", () => {
  test("--wait shows each state and each step on stderr, and the end on stdout", async () => {
    await system().bring("host.0", "off");
    const { exit, stdout, stderr } = await busbar("host on 0 --wait");
    expect({ exit, stdout }).toEqual({
      exit: 0,
      stdout: expect.stringMatching(/^host\.0 on: completed, it is on \(.+\)\n$/),
    });
    const order = [
      "on accepted, operation",
      "off -> transitioning",
      "press power-button-0",
      "wait for power-good",
      "transitioning -> on",
    ];
    expect(stderr.split("\n").flatMap((line) => order.filter((part) => line.includes(`host.0     ${part}`)))).toEqual(
      order,
    );
    expect(stderr).not.toContain("\u001b");
  });

  test("again is a no-op, and a success", async () => {
    await system().bring("host.0", "on");
    expect(await told("host on 0 --wait")).toBe("host.0 on: no-op, it is on already\n");
    expect(await json("host on 0")).toMatchObject({ outcome: "no-op", status: "HOST_STATUS_ON", operation_id: null });
  });

  test("without --wait gives the id by which its end can be found", async () => {
    await system().bring("host.0", "off");
    const id = uuid.exec(await told("host on 0"))?.[0] ?? "";
    await system().ends("host.0", id);
    expect(await json(`operations get ${id}`)).toMatchObject({ state: "succeeded", actor: userInfo().username });
  });

  test("--output json is one document on stdout and nothing on stderr, steps and all", async () => {
    await system().bring("host.0", "off");
    const { stdout, stderr } = await busbar("host on 0 --wait --output json --request-id first");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: "completed",
      status: "HOST_STATUS_ON",
      request_id: "first",
      operation: {
        state: "succeeded",
        steps: expect.arrayContaining([expect.objectContaining({ kind: "press", outcome: "done" })]),
      },
    });
    expect(await json("host history 0 --limit 1")).toMatchObject({
      changes: [{ request_id: "first", actor: userInfo().username }],
    });
  });
});

describe("every action that the contract defines can be asked for", () => {
  const cases = componentKinds.flatMap((kind) =>
    actionsOf(kind).map((action) => [kind, wordOf(action), action] as const),
  );

  test.each(cases.filter(([, , action]) => verbOf(action) === undefined))(
    "%s %s is refused: not supported",
    async (kind, word) => {
      const asks = word === "factory-reset" ? " --yes" : "";
      expectFailure(await busbar(`${kind} ${word} 0${asks}`), "FAILED_PRECONDITION", /not supported/);
    },
  );

  test.each(cases.filter(([, , action]) => verbOf(action) !== undefined))(
    "%s %s to its end",
    async (kind, word, action) => {
      const verb = verbOf(action);
      if (kind !== "bmc") await bringBefore(kind, verb === "on" ? "off" : "on");
      const asks = ["force-off", "emergency-shutdown", "power-cycle"].includes(word) ? " --yes" : "";
      const { exit, stdout, stderr } = await busbar(`${kind} ${word} 0 --wait --output json${asks}`);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({ action, outcome: "completed" });
      if (kind === "bmc") await system().answers();
      else await system().listens();
    },
  );

  async function bringBefore(kind: Exclude<ComponentKind, "bmc">, power: "on" | "off"): Promise<void> {
    if (kind === "host") return system().bring("host.0", power);
    await system().bring("host.1", "off");
    if (power === "on") return system().bring("host.0", "on");
    await system().bring("host.0", "off");
    await system().bring("chassis.0", "off");
  }
});

function wordOf(action: string): string {
  return action
    .replace(/^.*_ACTION_/, "")
    .toLowerCase()
    .replaceAll("_", "-");
}

describe("what goes wrong has its exit code, its line and its remedy", () => {
  test("no such component", async () => {
    expectFailure(await busbar("host on 7"), "NOT_FOUND", /no host\.7; it has chassis\.0/);
    expectFailure(await busbar("host get 7"), "NOT_FOUND", /host\.7/);
  });

  test("no such operation", async () => {
    expectFailure(await busbar("operations get nonsense"), "NOT_FOUND", /no operation nonsense; /);
  });

  test("an on while an off goes on; the error of JSON names the operation", async () => {
    await system().bring("host.0", "on");
    await told("board fault set os-ignores-button host.0");
    const id = uuid.exec(await told("host off 0"))?.[0] ?? "";
    const { exit, stderr } = await busbar("host on 0 --output json");
    expect(exit).toBe(errorCodes.CONFLICT.exit);
    expect(JSON.parse(stderr)).toMatchObject({
      code: "CONFLICT",
      component: "host.0",
      operation_id: id,
      remedy: expect.any(String),
    });
    await told("host force-off 0 --yes --wait");
    await told("board fault clear");
  });

  test("one request id for two requests", async () => {
    await system().bring("host.0", "on");
    await told("host on 0 --request-id twice");
    expectFailure(await busbar("host off 0 --request-id twice"), "CONFLICT", /twice was used for another request/);
  });

  test("an interlock: on again sooner than the minimum off time", async () => {
    await system().bring("host.0", "on");
    await told("host off 0 --wait");
    expectFailure(await busbar("host on 0 --wait"), "INTERLOCK_DENIED", /busbar: .*off/);
  });

  test("a reset of what is off", async () => {
    await system().bring("host.0", "off");
    expectFailure(await busbar("host reboot 0"), "FAILED_PRECONDITION", /is off.*; switch it on/);
  });

  test("power-good that never comes: the wait ends with it, and the remedy shows the steps", async () => {
    await system().bring("host.0", "off");
    await told("board fault set power-good-slow host.0 4s");
    const { exit, stdout, stderr } = await busbar("host on 0 --wait --output json");
    expect(exit).toBe(errorCodes.POWER_GOOD_TIMEOUT.exit);
    const { operation_id, outcome, operation } = JSON.parse(stdout);
    expect({ outcome, operation }).toMatchObject({ outcome: "failed", operation: { state: "failed" } });
    expect(JSON.parse(stderr)).toMatchObject({
      code: "POWER_GOOD_TIMEOUT",
      component: "host.0",
      operation_id,
      remedy: `see busbar operations get ${operation_id}`,
    });
    expect(await told(`operations get ${operation_id}`)).toMatch(/await +host\.0.*POWER_GOOD_TIMEOUT/);
    await told("board fault clear");
    await system().agrees();
  });

  test("nobody to confirm, so nothing is sent", async () => {
    await system().bring("host.0", "on");
    const mark = system().changes.mark;
    for (const line of ["host force-off 0", "chassis emergency-shutdown 0", "chassis power-cycle 0"])
      expectFailure(await busbar(line), "INVALID_ARGUMENT", /nobody is here to confirm it; add --yes/);
    expect(system().changes.since(mark)).toEqual([]);
  });

  test("a broker without services", async () => {
    const broker = await startBroker({ binary: natsServer(), storeDir: join(system().dataDir, "lonely") });
    try {
      const lonely = (line: string) => runCli(`${line} --nats-url ${broker.url}`, here());
      expectFailure(await lonely("status"), "UNAVAILABLE", /nobody serves statemgr\..*; start the service/);
      const health = await lonely("health --output json");
      expect(health.exit).toBe(errorCodes.UNAVAILABLE.exit);
      expect(JSON.parse(health.stdout)).toMatchObject({
        services: [{ status: "unavailable" }, { status: "unavailable" }],
      });
      expectFailure(await lonely("board state"), "FAILED_PRECONDITION", /names no simulated board/);
    } finally {
      await broker.stop();
    }
  });

  test("a line that the board doesn't have", async () => {
    expectFailure(await busbar("board press no-such-line 100"), "NOT_FOUND", /no-such-line/);
  });
});

describe("a wait that doesn't see the end says so, and the operation goes on", () => {
  /** An off that its operating system doesn't hear. */
  async function endlessOff(line: string): Promise<{ command: CliProcess; id: string }> {
    await system().bring("host.1", "on");
    await told("board fault set os-ignores-button host.1");
    const command = start(line);
    const accepted = await command.stderr.until("the id of the operation", (text) => uuid.test(text));
    return { command, id: uuid.exec(accepted)?.[0] ?? "" };
  }

  async function tidyUp(): Promise<void> {
    await told("host force-off 1 --yes --wait");
    await told("board fault clear");
  }

  test("by --timeout", async () => {
    const { command, id } = await endlessOff("host off 1 --wait --timeout 1s");
    expectFailure(
      await command.end(),
      "DEADLINE_EXCEEDED",
      new RegExp(`not ended after 1\\.0 s; operation ${id} goes on; see busbar operations get`),
    );
    expect(await json(`operations get ${id}`)).toMatchObject({ finished_at: null });
    await tidyUp();
  });

  test("by Ctrl-C, exit code 130", async () => {
    const { command, id } = await endlessOff("host off 1 --wait");
    command.interrupt();
    const { exit, stdout, stderr } = await command.end();
    expect({ exit, stdout }).toEqual({ exit: 130, stdout: "" });
    expect(stderr).toMatch(
      new RegExp(`busbar: interrupted; host\\.1 off goes on as operation ${id}; see busbar operations get ${id}\n$`),
    );
    expect(await json(`operations get ${id}`)).toMatchObject({ finished_at: null });
    await tidyUp();
  });

  test("by another operation that takes over, with powermgr's words for it", async () => {
    const { command, id } = await endlessOff("host off 1 --wait");
    await told("host force-off 1 --yes --wait");
    expectFailure(await command.end(), "ABORTED", new RegExp(`host\\.1.*; see busbar operations get ${id}`));
    await told("board fault clear");
  });
});

test("a wait outlives the broker", async () => {
  await system().bring("host.1", "on");
  const command = start("host force-off 1 --yes --wait");
  await command.stderr.until("the hold", (line) => line.includes("transitioning"));
  system().suite.processes.broker.signal("SIGKILL");
  const { exit, stdout } = await command.end();
  expect({ exit, stdout }).toEqual({
    exit: 0,
    stdout: expect.stringMatching(/^host\.1 force-off: completed, it is off/),
  });
  await system().answers();
});

describe("events --follow", () => {
  test("is NDJSON of every sort of event, until Ctrl-C", async () => {
    await system().bring("host.0", "on");
    const command = start("events --follow --output json");
    await command.stdout.until("that it follows", (line) => JSON.parse(line).type === "following");
    await told("host force-off 0 --yes --wait");
    await Promise.all(
      ["transition", "power-good", "power-result"].map((type) =>
        command.stdout.until(type, (line) => {
          const event = JSON.parse(line);
          return event.type === type && event.component === "host.0";
        }),
      ),
    );
    command.interrupt();
    const { exit, stderr } = await command.end();
    expect(exit).toBe(130);
    expect(JSON.parse(stderr)).toMatchObject({ code: "INTERRUPTED" });
  });

  test("reads as a line for people", async () => {
    await system().bring("host.0", "on");
    const command = start("events --follow");
    await command.stdout.until("that it follows", (line) => line.startsWith("following the events of nats://"));
    await told("host force-off 0 --yes --wait");
    await command.stdout.until("the end", (line) =>
      /host\.0 +transition +transitioning -> off \(force-off, completed by /.test(line),
    );
    command.interrupt();
    expect((await command.end()).exit).toBe(130);
  });
});

describe("the simulated board", () => {
  test("has its buttons pressed, and what follows is in its journal and in the history", async () => {
    await system().bring("host.0", "off");
    const { seq } = await json<{ seq: number }>("board state");
    const command = start(`board journal --after ${seq} --follow`);
    await told("board press power-button-0 200");
    await command.stdout.until("the press", (line) =>
      /edge +line=power-button-0 wire=low asserted=true by=panel/.test(line),
    );
    await command.stdout.until("power", (line) => /power +component=host\.0 state=on cause=press/.test(line));
    command.interrupt();
    expect((await command.end()).exit).toBe(130);
    await eventually("the change is recorded", async () => {
      const [last] = (await json<{ changes: { reason: string; current_status: string }[] }>("host history 0 --limit 1"))
        .changes;
      return (last?.reason === "external" && last.current_status === "HOST_STATUS_ON") || undefined;
    });
    await system().listens();
  });

  test("has faults set, listed and cleared", async () => {
    await told("board fault set boot-hang host.1");
    await told("board fault set line-stuck power-good-1 low");
    expect(await told("board fault list")).toMatch(/line-stuck +power-good-1 +low/);
    expect(await json("board fault clear line-stuck power-good-1")).toEqual({ cleared: 1 });
    expect(await json("board fault list")).toEqual({ faults: [{ kind: "boot-hang", component: "host.1" }] });
    expect(await json("board fault clear")).toEqual({ cleared: 1 });
    await system().agrees();
  });
});

describe("on a terminal", () => {
  test("a costly action asks, only a yes sends it, and its steps are shown live", async () => {
    await system().bring("host.0", "on");
    const mark = system().changes.mark;
    const refused = startCliOnTerminal("host force-off 0", here());
    refused.type("n\n");
    expect(await refused.end()).toMatchObject({
      exit: errorCodes.ABORTED.exit,
      stdout: expect.stringMatching(/Go on\? \[y\/N\].*not confirmed, so nothing was sent/s),
    });
    expect(system().changes.since(mark)).toEqual([]);

    const meant = startCliOnTerminal("host force-off 0 --wait", here());
    meant.type("y\n");
    const { exit, stdout } = await meant.end();
    expect(exit).toBe(0);
    // What goes on is shown live, in a line that is written over.
    expect(stdout).toContain("hold power-button-0 …\u001b[0m\r\u001b[2K");
    expect(stdout).toContain("host.0 force-off: completed");
  });

  test("an end of input is no yes", async () => {
    await system().bring("host.0", "on");
    const command = startCliOnTerminal("host force-off 0", here());
    command.type("\u0004");
    expect((await command.end()).exit).toBe(errorCodes.ABORTED.exit);
  });

  test("words have colours unless NO_COLOR says no", async () => {
    await system().bring("host.0", "off");
    const { stdout } = await startCliOnTerminal("host on 0 --wait", here()).end();
    expect(stdout).toContain("transitioning -> \u001b[32mon\u001b[0m");
    expect((await startCliOnTerminal("status", here()).end()).stdout).toContain("\u001b[32mon\u001b[0m");
    expect((await startCliOnTerminal("status", here({ NO_COLOR: "1" })).end()).stdout).not.toContain("\u001b");
    expect((await startCliOnTerminal("status --no-color", here()).end()).stdout).not.toContain("\u001b");
  });
});

describe("the system is found", () => {
  const nowhere = (env: Record<string, string> = {}): CliOptions => ({ cwd: system().dataDir, env });

  test("by URL and by directory, flag or environment", async () => {
    const { dataDir, suite } = system();
    expect((await runCli(`status --nats-url ${suite.natsUrl}`, nowhere())).exit).toBe(0);
    expect((await runCli(`board state --data-dir ${dataDir}`, nowhere())).exit).toBe(0);
    expect((await runCli("status", nowhere({ BUSBAR_NATS_URL: suite.natsUrl }))).exit).toBe(0);
  });

  test("by .data/bmc/run.json below the current directory", async () => {
    const { dataDir } = system();
    mkdirSync(join(dataDir, ".data", "bmc"), { recursive: true });
    cpSync(join(dataDir, "run.json"), join(dataDir, ".data", "bmc", "run.json"));
    expect((await runCli("board state", nowhere())).exit).toBe(0);
  });
});

describe("npx busbar", () => {
  const npx = (args: readonly string[], cwd: string) =>
    new CliProcess("npx", ["--offline", "busbar", ...args], { ...here(), cwd });

  test("runs it in a checkout", async () => {
    const { exit, stdout } = await npx(["status"], repository()).end();
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^COMPONENT +STATUS/);
  });

  test("says in one line what to do where nothing is built yet", async () => {
    const clone = join(system().dataDir, "clone");
    for (const name of ["scripts", "package.json"])
      cpSync(join(repository(), name), join(clone, name), { recursive: true });
    const { exit, stderr } = await new CliProcess(
      process.execPath,
      [join(clone, "scripts", "busbar.mjs"), "status"],
      here(),
    ).end();
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^busbar: the command isn't built yet; npm start builds it .*\n$/);
  });
});

test("a reader that has seen enough ends it without a word", async () => {
  const { exit, stderr } = await new CliProcess(
    "bash",
    ["-c", `set -o pipefail; '${process.execPath}' dist/cli.mjs board journal | head -n 1`],
    here(),
  ).end();
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
});
