import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asBusbarError, type BusbarError } from "@busbar/contracts";
import { FakeClock, type Log } from "@busbar/daemon";
import { type Platform, parsePlatform } from "@busbar/platform";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openPolicies, type RuntimePolicies } from "./policies.ts";
import type { SettingsUpdate } from "./runtime-settings.ts";
import { readSettings, writeSettings } from "./settings-file.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "policies-"));
  path = join(directory, "policies.json");
});

afterEach(() => rmSync(directory, { recursive: true }));

const platformWith = (policies: string): Platform =>
  parsePlatform(
    `platform: toy
tried: true
gpio:
  chips: { main: { simulated: board } }
  lines:
    chassis-enable: { chip: main, output: latched, active: high }
    chassis-good: { chip: main, input: true, active: high }
domains:
  chassis.0: { backend: { gpio: { enable: chassis-enable } }, powerGood: { all: [chassis-good] } }
policies: ${policies}
`,
    "toy.yaml",
  );

const clock = new FakeClock();
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

const open = (policies = "{ sequencing: { startupDelay: 6s } }"): Promise<RuntimePolicies> =>
  openPolicies({ directory, platform: platformWith(policies), clock, log: log as unknown as Log });

const update = ({ settings }: RuntimePolicies, change: Partial<SettingsUpdate>): Promise<void> =>
  settings.update({ expectedVersion: settings.version, values: {}, reset: [], actor: "ada", reason: "", ...change });

const refusal = (work: Promise<void>): Promise<BusbarError> =>
  work.then(
    () => expect.unreachable("it was taken"),
    (error: unknown) => asBusbarError(error),
  );

const view = ({ settings }: RuntimePolicies, key: string) => {
  const found = settings.list().find(({ definition }) => definition.key === key);
  return found && { text: found.text, source: found.source };
};

describe("a change", () => {
  test("is in force at once, in one object that no earlier reader sees change", async () => {
    const policies = await open();
    const before = policies.policies();
    expect(before.sequencing.startupDelay).toBe(6_000);
    await update(policies, { values: { "sequencing.startupDelay": "8000ms", "safety.thermalCheck": "false" } });
    expect(before.sequencing.startupDelay).toBe(6_000);
    expect(policies.policies()).toMatchObject({
      sequencing: { startupDelay: 8_000 },
      safety: { thermalCheck: false, healthCheck: true },
    });
    expect(() => Object.assign(policies.policies().safety, { thermalCheck: true })).toThrow(TypeError);
  });

  test("tells where each value comes from, in the notation of files", async () => {
    const policies = await open("{ sequencing: { startupDelay: 6s, retryAttempts: 3 } }");
    await update(policies, { values: { "safety.thermalCheck": "false" } });
    expect(view(policies, "safety.thermalCheck")).toEqual({ text: "false", source: "runtime" });
    expect(view(policies, "sequencing.startupDelay")).toEqual({ text: "6s", source: "file" });
    expect(view(policies, "sequencing.retryAttempts")).toEqual({ text: "3", source: "file" });
    expect(view(policies, "safety.healthCheck")).toEqual({ text: "true", source: "default" });
  });

  test("outlives the process, with its version, who made it and why", async () => {
    const first = await open();
    await update(first, { values: { "safety.thermalCheck": "false" }, reason: "fan test" });
    await update(first, { values: { "safety.thermalCheck": "true" }, reset: [], actor: "bob" });
    const again = await open();
    expect(again.settings.version).toBe(2);
    expect(view(again, "safety.thermalCheck")).toEqual({ text: "true", source: "runtime" });
    const read = await readSettings(path);
    expect(read.kind === "read" && read.record.audit).toMatchObject([
      { version: 1, actor: "ada", reason: "fan test", changes: [{ from: null, to: "false" }] },
      { version: 2, actor: "bob", changes: [{ key: "safety.thermalCheck", from: "false", to: "true" }] },
    ]);
    expect(log.info).toHaveBeenCalledWith(expect.objectContaining({ actor: "bob", version: 2 }), "policies changed");
  });

  test("is taken back by a reset to what the file says", async () => {
    const policies = await open();
    await update(policies, { values: { "sequencing.startupDelay": "9s" } });
    await update(policies, { reset: ["sequencing.startupDelay"] });
    expect(view(policies, "sequencing.startupDelay")).toEqual({ text: "6s", source: "file" });
    expect(policies.settings.version).toBe(2);
  });

  test("stays when the platform file is read again, and the rest follows the file", async () => {
    const policies = await open();
    await update(policies, { values: { "sequencing.startupDelay": "9s" } });
    policies.refile(platformWith("{ sequencing: { startupDelay: 1s, shutdownDelay: 2s } }"));
    expect(policies.policies().sequencing).toMatchObject({ startupDelay: 9_000, shutdownDelay: 2_000 });
    await update(policies, { reset: ["sequencing.startupDelay"] });
    expect(policies.policies().sequencing.startupDelay).toBe(1_000);
  });

  test("keeps the record of changes bounded", async () => {
    const policies = await open();
    for (let count = 0; count < 205; count += 1) await update(policies, { reset: ["safety.thermalCheck"] });
    const read = await readSettings(path);
    expect(read.kind === "read" && read.record.audit.map(({ version }) => version)).toEqual(
      Array.from({ length: 200 }, (_, index) => index + 6),
    );
  });
});

describe("a change is refused as a whole", () => {
  test("with the version that is, when it was made from another one", async () => {
    const policies = await open();
    await update(policies, { values: { "safety.thermalCheck": "false" } });
    const { code, details, message } = await refusal(
      update(policies, { expectedVersion: 0, values: { "safety.healthCheck": "false" } }),
    );
    expect({ code, details, message }).toEqual({
      code: "CONFLICT",
      details: { version: "1" },
      message: "the policies are at version 1, not 0",
    });
    expect(policies.policies().safety.healthCheck).toBe(true);
  });

  test("when two are made from the same version at the same time: one of them", async () => {
    const policies = await open();
    const results = await Promise.allSettled(
      ["7s", "8s"].map((value) =>
        update(policies, { expectedVersion: 0, values: { "sequencing.startupDelay": value } }),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(policies.policies().sequencing.startupDelay).toBe(7_000);
  });

  test("with all that is wrong with it in one answer, and what was meant", async () => {
    const policies = await open();
    const { code, message, details } = await refusal(
      update(policies, {
        values: { "safety.thermalChek": "false", "sequencing.retryAttempts": "11", "safety.healthCheck": "false" },
        reset: ["nonsense", "safety.healthCheck"],
      }),
    );
    expect(code).toBe("INVALID_ARGUMENT");
    expect(message.split("\n")).toEqual([
      "4 problems:",
      "safety.thermalChek: there is no such policy; did you mean safety.thermalCheck?",
      "nonsense: there is no such policy; list them",
      "safety.healthCheck: is both set and reset; do one of the two",
      'sequencing.retryAttempts: "11" must be a whole number from 1 to 10; correct it, for instance 3',
    ]);
    expect(Object.keys(details)).toHaveLength(4);
    expect(policies.settings.version).toBe(0);
    expect(policies.policies().safety.healthCheck).toBe(true);
  });

  test("when its values are allowed one by one but not together", async () => {
    const policies = await open();
    const { code, message } = await refusal(
      update(policies, { values: { "thermal.refresh": "40s", "environment.ambientMost": "-0" } }),
    );
    expect(code).toBe("INVALID_ARGUMENT");
    expect(message).toContain("thermal.refresh: readings would be stale");
    expect(message).toContain("environment.ambientLeast: no air would be");
    await update(policies, { values: { "thermal.refresh": "40s", "thermal.staleAfter": "2m" } });
  });

  test("when it names nothing, or more than there is", async () => {
    const policies = await open();
    expect(await refusal(update(policies, {}))).toMatchObject({ code: "INVALID_ARGUMENT" });
    const values = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`unknown.${index}`, "1"]));
    expect(await refusal(update(policies, { values }))).toMatchObject({
      code: "INVALID_ARGUMENT",
      remedy: "name 1 to 100",
    });
  });

  test.each(["__proto__", "constructor", "toString", ""])("for the key %j", async (key) => {
    const policies = await open();
    expect(await refusal(update(policies, { values: Object.fromEntries([[key, "1"]]) }))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(await refusal(update(policies, { reset: [key] }))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("when it can't be stored: nothing changes until the disk is back", async () => {
    const policies = await open();
    await update(policies, { values: { "sequencing.startupDelay": "7s" } });
    mkdirSync(`${path}.next`);
    const { code, remedy } = await refusal(update(policies, { values: { "sequencing.startupDelay": "9s" } }));
    expect({ code, remedy }).toEqual({ code: "UNAVAILABLE", remedy: expect.stringContaining("health") });
    expect(policies.policies().sequencing.startupDelay).toBe(7_000);
    expect(policies.settings.version).toBe(1);
    expect(policies.settings.health().status).toBe("degraded");
    rmdirSync(`${path}.next`);
    await update(policies, { expectedVersion: 1, values: { "sequencing.startupDelay": "9s" } });
    expect(policies.settings.health()).toEqual({ status: "ok" });
    expect((await open()).policies().sequencing.startupDelay).toBe(9_000);
  });
});

describe("stored policies", () => {
  test("that are damaged are kept aside and reported, also after another start, until somebody sets them again", async () => {
    const first = await open();
    await update(first, { values: { "safety.thermalCheck": "false", "sequencing.startupDelay": "9s" } });
    const damaged = readFileSync(path, "utf8").replace('"9s"', '"1s"');
    writeFileSync(path, damaged);
    for (const policies of [await open(), await open()]) {
      expect(policies.policies()).toMatchObject({
        safety: { thermalCheck: true },
        sequencing: { startupDelay: 6_000 },
      });
      expect(policies.settings.health()).toEqual({
        status: "degraded",
        message: expect.stringContaining("policies.json.damaged-"),
        remedy: expect.any(String),
      });
      // No change that was prepared from what is lost may fit by chance.
      expect(policies.settings.version).toBeGreaterThan(1_000_000);
    }
    const aside = readdirSync(directory).find((name) => name.includes("damaged")) ?? "";
    expect(readFileSync(join(directory, aside), "utf8")).toBe(damaged);
    const policies = await open();
    await update(policies, { values: { "safety.thermalCheck": "false" } });
    expect(policies.settings.health()).toEqual({ status: "ok" });
    expect((await open()).settings.health()).toEqual({ status: "ok" });
  });

  test("that are damaged while nothing can be stored are found again by the next start", async () => {
    writeFileSync(path, "damaged");
    mkdirSync(`${path}.next`);
    const first = await open();
    expect(first.settings.health()).toMatchObject({ status: "degraded", message: expect.stringContaining("stored") });
    expect(first.policies().sequencing.startupDelay).toBe(6_000);
    expect(readFileSync(path, "utf8")).toBe("damaged");
    rmdirSync(`${path}.next`);
    const second = await open();
    expect(second.settings.health()).toMatchObject({ message: expect.stringContaining("policies.json.damaged-") });
    await update(second, { values: { "safety.thermalCheck": "false" } });
    expect(second.settings.health()).toEqual({ status: "ok" });
  });

  test("that can't be read are not written over", async () => {
    mkdirSync(path);
    const policies = await open();
    expect(policies.policies().sequencing.startupDelay).toBe(6_000);
    expect(policies.settings.health()).toMatchObject({ status: "degraded", remedy: expect.stringContaining(path) });
    expect(await refusal(update(policies, { values: { "safety.thermalCheck": "false" } }))).toMatchObject({
      code: "UNAVAILABLE",
    });
    expect(policies.policies().safety.thermalCheck).toBe(true);
  });

  test("of another version: what isn't allowed here is ignored and reported, the rest holds", async () => {
    const values = { "safety.thermalCheck": "false", "sequencing.retryAttempts": "99", "future.policy": "1" };
    await writeSettings(path, { version: 5, values, audit: [] });
    const policies = await open();
    expect(policies.policies()).toMatchObject({ safety: { thermalCheck: false }, sequencing: { retryAttempts: 3 } });
    expect(policies.settings.health()).toMatchObject({
      status: "degraded",
      message: expect.stringContaining("sequencing.retryAttempts, future.policy"),
    });
    await update(policies, { values: { "safety.healthCheck": "false" } });
    expect(policies.settings.health()).toEqual({ status: "ok" });
    expect(policies.policies().safety).toMatchObject({ thermalCheck: false, healthCheck: false });
  });

  test("that don't go together with what the file says now are in force, and reported", async () => {
    const first = await open("{ thermal: { staleAfter: 2m } }");
    await update(first, { values: { "thermal.refresh": "1m" } });
    const again = await open("{}");
    expect(again.policies().thermal).toMatchObject({ refresh: 60_000, staleAfter: 30_000 });
    expect(again.settings.health()).toMatchObject({ status: "degraded", message: expect.stringContaining("stale") });
  });
});
