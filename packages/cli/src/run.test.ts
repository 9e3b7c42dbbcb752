import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { actionsOf, componentKinds } from "@busbar/contracts";
import { afterAll, describe, expect, it, test } from "vitest";
import { actionWord } from "./output/words.ts";
import { run } from "./run.ts";
import { fakeSurroundings } from "./testing/fake-surroundings.ts";

const here = mkdtempSync(join(tmpdir(), "busbar-cli-"));
afterAll(() => rmSync(here, { recursive: true }));

/** Where nothing listens: port 1 is nobody's. */
const nobody = ["--nats-url", "nats://127.0.0.1:1"];

async function say(line: string | readonly string[], overrides: Parameters<typeof fakeSurroundings>[0] = {}) {
  const surroundings = fakeSurroundings({ cwd: here, ...overrides });
  const exit = await run(typeof line === "string" ? line.split(" ") : line, surroundings);
  return { exit, stdout: surroundings.stdout.text, stderr: surroundings.stderr.text };
}

describe("a command line that isn't understood", () => {
  it.each([
    ["frobnicate", /unknown command 'frobnicate'; see busbar --help/],
    ["stauts", /unknown command 'stauts' \(Did you mean status\?\)/],
    ["host onn 0", /unknown command 'onn' \(Did you mean on\?\); see busbar host --help/],
    ["host on", /missing required argument 'n'; see busbar host on --help/],
    ["host on 0 1", /too many arguments.*; see busbar host on --help/],
    ["host on x", /n: "x" is not valid; give the number of a host, for instance 0/],
    ["host on 0 --wait --timeout 60", /--timeout <duration>: "60" is not valid; write it with its unit/],
    ["host on 0 --timeout 60s", /--timeout is how long to --wait/],
    ["host on 0 --yes", /unknown option '--yes'/],
    ["history psu.0", /component: "psu.0" is not valid; name a component/],
    ["history host.0 --limit 0", /--limit <count>: "0" is not valid; give a whole number from 1 to 1000/],
    ["status --output xml", /-o, --output <format>: "xml" is not valid; allowed choices are table, json/],
    ["events", /events come as they happen; say --follow/],
    ["board fault set trip power-good-0", /"power-good-0" is not the name of a component\. Write trip <component>;/],
    ["board fault set melt host.0", /kind: "melt" is not valid; allowed choices are power-good-stuck/],
    ["completion tcsh", /shell: "tcsh" is not valid; allowed choices are bash, zsh, fish/],
  ])("%s: exit code 2 and one line", async (line, expected) => {
    const { exit, stdout, stderr } = await say(line);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(/^busbar: [^\n]*\n$/);
  });

  it.each([["host on x --output json"], ["host --output=json"], ["-o json frobnicate"], ["-ojson"]])(
    "%s: an error of JSON",
    async (line) => {
      const { exit, stderr } = await say(line);
      expect(exit).toBe(2);
      expect(JSON.parse(stderr)).toMatchObject({
        code: "INVALID_ARGUMENT",
        reason: "usage",
        remedy: expect.any(String),
      });
    },
  );
});

describe("help", () => {
  it("is shown, and the exit code is 2, where a command is missing", async () => {
    for (const line of [[], ["host"], ["board", "fault"]]) {
      const { exit, stdout, stderr } = await say(line);
      expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
      expect(stderr).toMatch(/^Usage: busbar[\s\S]*\nbusbar: no command was given; see busbar.* --help\n$/);
    }
  });

  it.each([["--help"], ["help host"], ["host on --help"], ["board fault set -h"]])(
    "%s: on stdout, exit code 0",
    async (line) => {
      const { exit, stdout, stderr } = await say(line);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
      expect(stdout).toMatch(/^Usage: busbar/);
    },
  );

  it("of a command names the options that every command takes", async () => {
    expect((await say("host on --help")).stdout).toMatch(/Global Options:[\s\S]*--nats-url/);
  });

  it.each(componentKinds)("of %s names every action that the contract defines", async (kind) => {
    const { stdout } = await say(`${kind} --help`);
    for (const action of actionsOf(kind))
      expect(stdout).toMatch(new RegExp(`^  ${actionWord(action)} .*${action}`, "m"));
  });
});

describe("a system", () => {
  it("that can't be found: exit code 10", async () => {
    const { exit, stderr } = await say("status");
    expect(exit).toBe(10);
    expect(stderr).toMatch(/^busbar: no running system was found .*; start one with npm start/);
  });

  it("whose broker doesn't answer: at once, with its address and who named it, exit code 10", async () => {
    const asked = performance.now();
    const { exit, stderr } = await say(["status", ...nobody]);
    expect(performance.now() - asked).toBeLessThan(3_000);
    expect(exit).toBe(10);
    expect(stderr).toMatch(
      /^busbar: no broker at nats:\/\/127\.0\.0\.1:1 \(named by --nats-url\): .*; start the system/,
    );
  });

  it("whose URL is none: exit code 2", async () => {
    const { exit, stderr } = await say("status --nats-url http://127.0.0.1");
    expect(exit).toBe(2);
    expect(stderr).toMatch(/not the URL of a broker/);
  });

  it("never has its password shown", async () => {
    const { stderr } = await say("status --nats-url nats://user:secret@127.0.0.1:1");
    expect(stderr).toMatch(/no broker at/);
    expect(stderr).not.toContain("secret");
  });

  it("without a simulated board: exit code 6", async () => {
    const { exit, stderr } = await say(["board", "state", ...nobody]);
    expect(exit).toBe(6);
    expect(stderr).toMatch(/--nats-url names no simulated board; name the data directory/);
  });
});

describe("an action that costs something", () => {
  const costly = ["host force-off 0", "chassis emergency-shutdown 0", "chassis power-cycle 0", "bmc factory-reset 0"];
  const line = (text: string, ...more: string[]) => [...text.split(" "), ...nobody, ...more];

  it.each(costly)("%s: isn't sent where nobody can confirm it", async (text) => {
    const { exit, stderr } = await say(line(text));
    expect(exit).toBe(2);
    expect(stderr).toMatch(/nobody is here to confirm it; add --yes/);
  });

  it.each(["n", "", "yesterday", undefined])("isn't sent when the answer is %j: exit code 12", async (answer) => {
    const { exit, stderr } = await say(line("host force-off 0"), { ask: async () => answer });
    expect(exit).toBe(12);
    expect(stderr).toMatch(/not confirmed, so nothing was sent/);
  });

  it.each(["y", "YES", " y "])("is sent when the answer is %j", async (answer) => {
    const { stderr } = await say(line("host force-off 0"), { ask: async () => answer });
    expect(stderr).toMatch(/no broker at/);
  });

  it("is sent without a question when --yes says so", async () => {
    const ask = () => Promise.reject(new Error("asked"));
    const { stderr } = await say(line("host force-off 0", "--yes"), { ask });
    expect(stderr).toMatch(/no broker at/);
  });

  it("is the only sort that asks", async () => {
    const ask = () => Promise.reject(new Error("asked"));
    for (const text of ["host on 0", "host off 0", "host reboot 0", "chassis off 0", "bmc reboot 0"])
      expect((await say(line(text), { ask })).stderr).toMatch(/no broker at/);
  });
});

describe("platform check", () => {
  it("lists every problem with its place, exit code 2", async () => {
    writeFileSync(join(here, "bad.yaml"), "platform: x\ntried: yess\n");
    const { exit, stdout, stderr } = await say("platform check bad.yaml");
    expect(exit).toBe(2);
    expect(stdout).toMatch(/^bad\.yaml:2:8: tried: "yess" is not allowed here; .*$/m);
    expect(stderr).toBe("busbar: bad.yaml has 3 problems; correct them all\n");
  });

  it("gives the problems as data", async () => {
    writeFileSync(join(here, "bad.yaml"), "platform: x\ntried: yess\n");
    const { stdout } = await say("platform check bad.yaml --output json");
    const { valid, problems } = JSON.parse(stdout);
    expect(valid).toBe(false);
    expect(problems).toContainEqual({ path: "tried", line: 2, column: 8, message: expect.stringContaining("yess") });
  });

  it("of a file that isn't there: exit code 4", async () => {
    expect((await say("platform check nowhere.yaml")).exit).toBe(4);
  });
});

test("the version is one line", async () => {
  expect(await say("--version")).toEqual({ exit: 0, stdout: "0.1.0\n", stderr: "" });
});
