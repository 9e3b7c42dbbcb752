import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FoundSystem, findSystem, type Places } from "./find-system.ts";

const alive = 4242;
let base: string;
let places: Places;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "busbar-cli-"));
  for (const name of ["cwd", "root"]) mkdirSync(join(base, name));
  places = {
    flags: { natsUrl: undefined, dataDir: undefined },
    env: {},
    cwd: join(base, "cwd"),
    root: join(base, "root"),
    settingsFile: join(base, "cli.json"),
    isAlive: (pid) => pid === alive,
  };
});

afterEach(() => rmSync(base, { recursive: true }));

/** A system that runs in `directory` below the test's own; its broker and board are named after it. */
function runIn(directory: string, launcher = alive): string {
  const dataDir = join(base, directory);
  mkdirSync(dataDir, { recursive: true });
  const content = { nats_url: `nats://${directory}`, board_socket: `${directory}/board.sock`, pids: { launcher } };
  writeFileSync(join(dataDir, "run.json"), JSON.stringify(content));
  return dataDir;
}

const find = (changes: Partial<Places> = {}): FoundSystem => findSystem({ ...places, ...changes });
const url = (changes: Partial<Places> = {}): string => find(changes).natsUrl;
const flags = (given: { natsUrl?: string; dataDir?: string }) => ({ natsUrl: undefined, dataDir: undefined, ...given });

describe("the system is found", () => {
  it("by flag, else environment, else below the current directory, else in the checkout, else in /etc", () => {
    writeFileSync(join(base, "cli.json"), '{"nats_url":"nats://etc"}');
    expect(find()).toMatchObject({ natsUrl: "nats://etc", boardSocket: undefined });
    runIn("root/.data/bmc");
    expect(url()).toBe("nats://root/.data/bmc");
    runIn("cwd/.data/bmc");
    expect(url()).toBe("nats://cwd/.data/bmc");
    const env = { BUSBAR_NATS_URL: "nats://env" };
    expect(url({ env })).toBe("nats://env");
    expect(url({ env, flags: flags({ natsUrl: "nats://flag" }) })).toBe("nats://flag");
    expect(url({ env, flags: flags({ dataDir: runIn("flag") }) })).toBe("nats://flag");
  });

  it("by a directory in the environment, also by one relative to where we are", () => {
    runIn("cwd/elsewhere");
    expect(find({ env: { BUSBAR_DATA_DIR: "elsewhere" } })).toMatchObject({
      natsUrl: "nats://cwd/elsewhere",
      boardSocket: "cwd/elsewhere/board.sock",
    });
  });

  it("with the broker of the URL and the board of the directory when both are said in one place", () => {
    const both = flags({ natsUrl: "nats://proxy", dataDir: runIn("flag") });
    expect(find({ flags: both })).toMatchObject({ natsUrl: "nats://proxy", boardSocket: "flag/board.sock" });
  });

  it("without a board when only a URL is said: another place's board may be another system's", () => {
    runIn("cwd/.data/bmc");
    expect(find({ flags: flags({ natsUrl: "nats://flag" }) }).boardSocket).toBeUndefined();
    const env = { BUSBAR_DATA_DIR: runIn("env") };
    expect(find({ env, flags: flags({ natsUrl: "nats://flag" }) }).boardSocket).toBeUndefined();
  });

  it("past a run.json whose launcher was killed", () => {
    runIn("cwd/.data/bmc", 1);
    runIn("root/.data/bmc");
    expect(url()).toBe("nats://root/.data/bmc");
  });

  it("past empty variables", () => {
    runIn("cwd/.data/bmc");
    expect(url({ env: { BUSBAR_NATS_URL: "", BUSBAR_DATA_DIR: "" } })).toBe("nats://cwd/.data/bmc");
  });
});

describe("no system is found", () => {
  const refusal = (changes: Partial<Places> = {}) => {
    try {
      return find(changes).natsUrl;
    } catch (error) {
      return error;
    }
  };

  it("where there is none, and the remedy says how to name one", () => {
    expect(refusal()).toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining(join(base, "cwd", ".data", "bmc", "run.json")),
      remedy: expect.stringContaining("--nats-url"),
    });
  });

  it("where the last one was killed, and the message names what it left behind", () => {
    runIn("cwd/.data/bmc", 1);
    expect(refusal()).toMatchObject({ message: expect.stringMatching(/run\.json is left over/) });
  });

  it("in a directory that was named and has none: another one is no substitute", () => {
    runIn("cwd/.data/bmc");
    expect(refusal({ flags: flags({ dataDir: "empty" }) })).toMatchObject({
      code: "UNAVAILABLE",
      component: "--data-dir",
      message: expect.stringContaining(join(base, "cwd", "empty")),
    });
    const ended = { BUSBAR_DATA_DIR: runIn("ended", 1) };
    expect(refusal({ env: ended })).toMatchObject({ code: "UNAVAILABLE", component: "BUSBAR_DATA_DIR" });
  });

  it.each(["nonsense", "[]", "{}", '{"nats_url":7}'])("in a file that holds %s, which is told", (content) => {
    const path = join(base, "cli.json");
    writeFileSync(path, content);
    expect(refusal()).toMatchObject({ code: "FAILED_PRECONDITION", component: path });
  });
});
