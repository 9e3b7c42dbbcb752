import { BusbarError, busbar, endpoints, timestamp } from "@busbar/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeDaemon } from "../testing/fake-daemon.ts";

const { SettingSource } = busbar.v1;

let version = 7;
let updated: busbar.v1.UpdateSettingsRequest | undefined;

const startupDelay = {
  key: "sequencing.startupDelay",
  value: "7s",
  defaultValue: "5s",
  description: "Between the starts of two hosts; a duration from 0ms to 5m",
  source: SettingSource.SETTING_SOURCE_RUNTIME,
};
const port = {
  key: "metricsPort",
  value: "9200",
  defaultValue: "",
  description: "loopback port",
  source: SettingSource.SETTING_SOURCE_RUNTIME,
  needsRestart: true,
  valueInForce: "9100",
};

const answer = () => ({
  version,
  settings: [startupDelay, port],
  changedAt: timestamp(Date.UTC(2026, 0, 2)),
  changedBy: "ada",
});

const update = (request: busbar.v1.UpdateSettingsRequest) => {
  updated = request;
  if (request.expectedVersion !== version)
    throw new BusbarError("CONFLICT", `at version ${version}`, { remedy: "read them again" });
  version += 1;
  return answer();
};

const daemon = new FakeDaemon()
  .answers(endpoints.policiesGet, answer)
  .answers(endpoints.policiesUpdate, update)
  .answers(endpoints.configGet, answer)
  .answers(endpoints.configUpdate, update)
  .use();

const say = (line: string, ...more: string[]) => daemon.busbar([...line.split(" "), ...more]);

beforeEach(() => {
  version = 7;
  updated = undefined;
});

describe.each(["policy", "config"])("busbar %s", (command) => {
  test("get lists all, with where each value comes from and what is in force", async () => {
    const { exit, stdout } = await say(`${command} get`);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^KEY +VALUE +SOURCE +DEFAULT +IN FORCE\n/);
    expect(stdout).toMatch(/^sequencing\.startupDelay +7s +runtime +5s +7s$/m);
    expect(stdout).toMatch(/^metricsPort +9200 +runtime +- +9100$/m);
    expect(stdout).toMatch(/^version 7, changed 2026-.* by ada$/m);
    expect(daemon.heard.at(-1)?.subject).toBe(`powermgr.${command === "policy" ? "policies" : "config"}.get`);
  });

  test("get with a key tells what it does", async () => {
    const { stdout } = await say(`${command} get metricsPort`);
    expect(stdout).toMatch(/^in force +9100, until powermgr is restarted$/m);
    expect(stdout).toMatch(/^what +loopback port$/m);
    expect(JSON.parse((await say(`${command} get metricsPort --output json`)).stdout)).toEqual({
      key: "metricsPort",
      value: "9200",
      default_value: "",
      source: "runtime",
      needs_restart: true,
      value_in_force: "9100",
      description: "loopback port",
    });
  });

  test("get with a key that isn't one: what was meant, exit code 4", async () => {
    const { exit, stderr } = await say(`${command} get metricPort`);
    expect(exit).toBe(4);
    expect(stderr).toMatch(/^busbar: there is no .* metricPort; did you mean metricsPort\?\n$/);
  });

  test("set sends everything in one change, made from the version that is", async () => {
    const line = `${command} set sequencing.startupDelay=7s a=b=c --reset x --reset y`;
    const { exit, stdout } = await say(line, "--reason", "fan test");
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: "sequencing.startupDelay = 7s (runtime)\nversion 8\n" });
    expect(updated).toMatchObject({
      expectedVersion: 7,
      values: { "sequencing.startupDelay": "7s", a: "b=c" },
      reset: ["x", "y"],
      reason: "fan test",
    });
    expect(daemon.heard.at(-1)?.context.actor).toBe("tester");
  });

  test("set says when a change waits for a restart", async () => {
    expect((await say(`${command} set metricsPort=9200`)).stdout).toMatch(
      /^metricsPort = 9200 \(runtime\); 9100 until powermgr is restarted$/m,
    );
  });

  test("set --if-version doesn't overwrite what it hasn't seen: exit code 5", async () => {
    expect(await say(`${command} set a=b --if-version 6`)).toMatchObject({
      exit: 5,
      stdout: "",
      stderr: "busbar: at version 7; read them again\n",
    });
  });

  test.each([
    ["set", /nothing is to be changed; give key=value/],
    ["set a", /"a" is not valid; write key=value/],
    ["set =1", /write key=value/],
    ["set a=", /write key=value/],
    ["set a=1 a=2", /a is given twice/],
    ["set a=1 --if-version x", /give the version that get shows/],
  ])("%s: exit code 2, and nothing is sent", async (words, expected) => {
    const { exit, stderr } = await say(`${command} ${words}`);
    expect(exit).toBe(2);
    expect(stderr).toMatch(expected);
    expect(updated).toBeUndefined();
  });
});
