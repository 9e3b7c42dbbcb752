import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DaemonContext, FakeClock, Health, type Log, loadConfig } from "@busbar/daemon";
import { loadPlatform } from "@busbar/platform";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Config, schema } from "../config.ts";
import { openSettings } from "./open-settings.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "open-settings-"));
  file = join(directory, "platform.yaml");
});

afterEach(() => rmSync(directory, { recursive: true }));

const platformText = (policies: string): string => `platform: toy
tried: true
gpio:
  chips: { main: { simulated: board } }
  lines:
    chassis-enable: { chip: main, output: latched, active: high }
    chassis-good: { chip: main, input: true, active: high }
domains:
  chassis.0: { backend: { gpio: { enable: chassis-enable } }, powerGood: { all: [chassis-good] } }
policies: ${policies}
`;

/** powermgr as far as its settings see it. `reload` is a SIGHUP, `said` what it logs then. */
async function start() {
  writeFileSync(file, platformText("{ safety: { thermalCheck: false } }"));
  const sources = { program: "powermgr", argv: ["--data-dir", directory, "--platform", file], env: {} };
  const { values, settings } = loadConfig<Config>(schema, sources);
  let reload = () => {};
  let told: (level: string) => void = () => {};
  const log = {
    level: "info",
    info: () => told("info"),
    warn: () => {},
    error: () => told("error"),
  } as unknown as Log;
  const health = new Health("0.0.0");
  const context = {
    config: values,
    filedSettings: settings,
    clock: new FakeClock(),
    log,
    health,
    onReload: (listener: (config: Config, filed: typeof settings) => void) => {
      reload = () => listener(values, settings);
    },
  } as unknown as DaemonContext<Config>;
  const opened = await openSettings(context, loadPlatform(file));
  const reloaded = () =>
    new Promise<string>((resolve) => {
      told = resolve;
      reload();
    });
  return { ...opened, health, reloaded };
}

test("a reload takes the policies of the platform file as it is now", async () => {
  const { policies, reloaded } = await start();
  expect(policies().safety.thermalCheck).toBe(false);
  writeFileSync(file, platformText("{ safety: { healthCheck: false } }"));
  expect(await reloaded()).toBe("info");
  expect(policies().safety).toMatchObject({ thermalCheck: true, healthCheck: false });
});

test.each([
  ["is wrong", () => writeFileSync(file, platformText("{ safety: { thermalCheck: maybe } }"))],
  ["is gone", () => rmSync(file)],
])("a reload while the platform file %s changes nothing, and says so", async (_, spoil) => {
  const { policies, reloaded } = await start();
  spoil();
  expect(await reloaded()).toBe("error");
  expect(policies().safety.thermalCheck).toBe(false);
});

test("health tells of both", async () => {
  const { health } = await start();
  expect(health.summary().checks).toEqual([
    { name: "configuration", status: "ok" },
    { name: "policies", status: "ok" },
  ]);
});
