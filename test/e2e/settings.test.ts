import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asBusbarError, type BusbarError, busbar, endpoints, milliseconds } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { eventually, patienceMs } from "./bounded.ts";
import { runCli, type Said } from "./cli-process.ts";
import { useSystem } from "./system.ts";

// What may be changed while powermgr runs, over the real bus, against real files, across real kills.

const system = useSystem({
  changes: { platform: [[/safety: .*\n +sequencing: .*/, "sequencing: { startupDelay: 6s }"]] },
  expectedErrors: [/damaged/, /can't be stored/],
});

const { SettingSource } = busbar.v1;
const options = { timeout: milliseconds(patienceMs), headers: { actor: "ada" } };

const file = (name: string): string => join(system().dataDir, "powermgr", name);

const policies = async (): Promise<busbar.v1.Settings> =>
  (await system().bus.request(endpoints.policiesGet, {}, options)).message;

const configuration = async (): Promise<busbar.v1.Settings> =>
  (await system().bus.request(endpoints.configGet, {}, options)).message;

const one = ({ settings }: busbar.v1.Settings, key: string) => settings.find((setting) => setting.key === key);

interface Change {
  readonly version?: number;
  readonly values?: Readonly<Record<string, string>>;
  readonly reset?: readonly string[];
}

async function update(
  sort: "policies" | "config",
  { version, values = {}, reset = [] }: Change,
): Promise<busbar.v1.Settings> {
  const read = sort === "policies" ? policies : configuration;
  const endpoint = sort === "policies" ? endpoints.policiesUpdate : endpoints.configUpdate;
  const expectedVersion = version ?? (await read()).version;
  const request = { expectedVersion, values: { ...values }, reset: [...reset], reason: "a test" };
  return (await system().bus.request(endpoint, request, options)).message;
}

const refusal = (work: Promise<unknown>): Promise<BusbarError> =>
  work.then(
    () => expect.unreachable("it was taken"),
    (error: unknown) => asBusbarError(error),
  );

/** kill -9, and until the next one answers. */
async function killPowermgr(): Promise<void> {
  const { powermgr } = system().suite.processes;
  const before = powermgr.pid;
  powermgr.signal("SIGKILL");
  await eventually("another powermgr", () => (powermgr.pid !== undefined && powermgr.pid !== before) || undefined);
  await system().answers();
}

const check = async (name: string) => (await system().health("powermgr")).checks.find((each) => each.name === name);

describe("policies", () => {
  test("are listed with value, default, description and source", async () => {
    const listed = await policies();
    expect(one(listed, "sequencing.startupDelay")).toMatchObject({
      value: "6s",
      defaultValue: "5s",
      description: expect.stringContaining("from 0ms to 5m"),
      source: SettingSource.SETTING_SOURCE_FILE,
    });
    expect(one(listed, "emergency.faultResponse")).toMatchObject({
      value: "immediate_off",
      source: SettingSource.SETTING_SOURCE_DEFAULT,
    });
  });

  test("that were changed outlive a kill -9", async () => {
    const { version } = await policies();
    const changed = await update("policies", { values: { "sequencing.startupDelay": "9000ms" } });
    expect(changed).toMatchObject({ version: version + 1, changedBy: "ada" });
    await killPowermgr();
    const after = await policies();
    expect(after).toMatchObject({ version: version + 1, changedBy: "ada" });
    expect(one(after, "sequencing.startupDelay")).toMatchObject({
      value: "9s",
      source: SettingSource.SETTING_SOURCE_RUNTIME,
    });
  });

  test("changed from an older version: a conflict that names the one that is", async () => {
    const { version } = await update("policies", { values: { "safety.healthCheck": "false" } });
    const error = await refusal(update("policies", { version: version - 1, values: { "safety.healthCheck": "true" } }));
    expect(error).toMatchObject({ code: "CONFLICT", details: { version: String(version) } });
    expect(one(await policies(), "safety.healthCheck")?.value).toBe("false");
    await update("policies", { reset: ["safety.healthCheck"] });
  });

  test("are refused as a whole, with everything that is wrong in one answer", async () => {
    const before = await policies();
    const error = await refusal(
      update("policies", {
        values: { "safety.healthCheck": "false", "thermal.rise": "fast", "safty.thermalCheck": "no" },
      }),
    );
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain('thermal.rise: "fast" must be a number from 0.1 to 100 °C/min');
    expect(error.message).toContain("safty.thermalCheck: there is no such policy; did you mean safety.thermalCheck?");
    expect(await policies()).toEqual(before);
  });

  test.each(["two\nlines", "x".repeat(257)])("are not changed for the reason %j", async (reason) => {
    const { version: expectedVersion } = await policies();
    const request = { expectedVersion, values: { "safety.healthCheck": "false" }, reset: [], reason };
    expect(await refusal(system().bus.request(endpoints.policiesUpdate, request, options))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect((await policies()).version).toBe(expectedVersion);
  });

  test("stay changed when powermgr reads the platform file again, and the others follow it", async () => {
    await update("policies", { values: { "sequencing.startupDelay": "9s" } });
    const path = join(system().dataDir, "platform", "platform.yaml");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("startupDelay: 6s", "startupDelay: 1s, retryAttempts: 5"));
    system().suite.processes.powermgr.signal("SIGHUP");
    const listed = await eventually("the platform's policies", async () => {
      const found = await policies();
      return one(found, "sequencing.retryAttempts")?.value === "5" ? found : undefined;
    });
    expect(one(listed, "sequencing.startupDelay")?.value).toBe("9s");
    expect(
      one(await update("policies", { reset: ["sequencing.startupDelay"] }), "sequencing.startupDelay")?.value,
    ).toBe("1s");
  });

  test("that can't be stored don't change", async () => {
    const before = await policies();
    mkdirSync(file("policies.json.next"));
    expect(await refusal(update("policies", { values: { "safety.healthCheck": "false" } }))).toMatchObject({
      code: "UNAVAILABLE",
    });
    expect(await policies()).toEqual(before);
    expect(await check("policies")).toMatchObject({ message: expect.stringContaining("can't be stored") });
    rmdirSync(file("policies.json.next"));
    await update("policies", { values: { "safety.healthCheck": "false" } });
    await update("policies", { reset: ["safety.healthCheck"] });
    expect(await check("policies")).toMatchObject({ message: "" });
  });

  test("whose file was damaged: it is kept aside and reported, and what the platform file says holds", async () => {
    const { version } = await update("policies", { values: { "sequencing.startupDelay": "9s" } });
    const damaged = readFileSync(file("policies.json"), "utf8").replace('"9s"', '"8s"');
    writeFileSync(file("policies.json"), damaged);
    await killPowermgr();
    const after = await policies();
    expect(one(after, "sequencing.startupDelay")).toMatchObject({ source: SettingSource.SETTING_SOURCE_FILE });
    expect(after.version).toBeGreaterThan(version);
    const aside = readdirSync(file("")).filter((name) => name.startsWith("policies.json.damaged-"));
    expect(aside.map((name) => readFileSync(file(name), "utf8"))).toEqual([damaged]);
    expect(await check("policies")).toMatchObject({ message: expect.stringContaining(String(aside[0])) });
    await update("policies", { reset: ["sequencing.startupDelay"] });
    expect(await check("policies")).toMatchObject({ message: "" });
  });
});

describe("configuration", () => {
  test("that may change at once does: the queue takes no more than is said now", async () => {
    await system().bring("host.0", "off");
    await system().bring("host.1", "off");
    await system().bring("chassis.0", "on");
    await system().mayGoOn();
    await update("config", { values: { queueLimit: "1" } });
    const mark = system().changes.mark;
    const first = await system().accepted("host.0", "HOST_ACTION_ON");
    const { error } = await system().ask("host.1", "HOST_ACTION_ON");
    expect(error?.code).toBe("RESOURCE_EXHAUSTED");
    await update("config", { reset: ["queueLimit"] });
    await system().ends("host.0", first, mark);
    await system().done("host.1", "HOST_ACTION_ON");
  });

  test("that counts from the next start on says so, and then holds", async () => {
    const changed = await update("config", { values: { metricsPort: "0" } });
    expect(one(changed, "metricsPort")).toMatchObject({ value: "0", needsRestart: true, valueInForce: "" });
    await killPowermgr();
    expect(one(await configuration(), "metricsPort")).toMatchObject({
      value: "0",
      needsRestart: false,
      source: SettingSource.SETTING_SOURCE_RUNTIME,
    });
    await update("config", { reset: ["metricsPort"] });
  });

  test.each(["dataDir", "natsUrl", "platform", "boardSocket"])("%s can't be changed", async (key) => {
    expect(await refusal(update("config", { values: { [key]: "nats://127.0.0.1:1" } }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      remedy: expect.any(String),
    });
  });
});

describe("the command", () => {
  const cli = (...words: string[]): Promise<Said> =>
    runCli(words.join(" "), { env: { BUSBAR_DATA_DIR: system().dataDir } });

  test("shows and changes policies", async () => {
    expect(await cli("policy set sequencing.retryAttempts=2 --reason test")).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^sequencing\.retryAttempts = 2 \(runtime\)\nversion \d+\n$/),
    });
    const { stdout } = await cli("policy get sequencing.retryAttempts --output json");
    expect(JSON.parse(stdout)).toMatchObject({ value: "2", source: "runtime", default_value: "3" });
    expect((await cli("policy set --reset sequencing.retryAttempts")).exit).toBe(0);
    expect((await cli("policy get")).stdout).toMatch(/^sequencing\.retryAttempts +5 +file +3/m);
  });

  test("fails as the error table says", async () => {
    expect(await cli("policy set sequencing.retryAttempts=0")).toMatchObject({ exit: 2 });
    expect(await cli("policy set sequencing.retryAttempts=2 --if-version 0")).toMatchObject({ exit: 5 });
    expect(await cli("config set dataDir=/tmp")).toMatchObject({ exit: 6 });
    expect(await cli("config get nonsense")).toMatchObject({ exit: 4 });
  });
});
