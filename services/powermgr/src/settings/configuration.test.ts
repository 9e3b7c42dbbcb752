import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asBusbarError, type BusbarError } from "@busbar/contracts";
import { type ConfigOf, choice, FakeClock, type Log, loadConfig, optional, wholeNumber } from "@busbar/daemon";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { schema } from "../config.ts";
import { openConfiguration, type RuntimeConfiguration, storedConfiguration } from "./configuration.ts";
import type { SettingsUpdate } from "./runtime-settings.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "configuration-"));
});

afterEach(() => rmSync(directory, { recursive: true }));

const log = { level: "info", info: vi.fn(), warn: vi.fn(), error: vi.fn() };

/** powermgr's own, and those of every daemon that are changed here. */
const whole = {
  ...schema,
  logLevel: choice(["debug", "info"], { doc: "least severe level", default: "info" }),
  metricsPort: optional(wholeNumber({ doc: "loopback port", min: 0, max: 65_535 })),
};

type Whole = ConfigOf<typeof whole>;

interface Given {
  readonly file?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
}

function load({ file = {}, env = {}, argv = [] }: Given, stored?: ReadonlyMap<string, string>) {
  const path = join(directory, "powermgr.json");
  writeFileSync(path, JSON.stringify({ dataDir: directory, ...file }));
  const sources = { program: "powermgr", argv: ["--config", path, ...argv], env };
  return loadConfig<Whole>(whole, stored === undefined ? sources : { ...sources, stored });
}

/** As powermgr starts. */
async function start(given: Given = {}): Promise<RuntimeConfiguration & { readonly metricsPort: number | null }> {
  const { settings } = load(given);
  const { values } = load(given, await storedConfiguration({ dataDir: directory }));
  const parts = { config: values, filedSettings: settings, clock: new FakeClock(), log: log as unknown as Log };
  return { ...(await openConfiguration(parts)), metricsPort: values.metricsPort };
}

const update = ({ settings }: RuntimeConfiguration, change: Partial<SettingsUpdate>): Promise<void> =>
  settings.update({ expectedVersion: settings.version, values: {}, reset: [], actor: "ada", reason: "", ...change });

const refusal = (work: Promise<void>): Promise<BusbarError> =>
  work.then(
    () => expect.unreachable("it was taken"),
    (error: unknown) => asBusbarError(error),
  );

const view = ({ settings }: RuntimeConfiguration, key: string) => {
  const found = settings.list().find(({ definition }) => definition.key === key);
  return found && { text: found.text, source: found.source, inForce: found.inForce };
};

describe("what may change at once", () => {
  test("is in force when the change is answered, and at the next start", async () => {
    const configuration = await start();
    await update(configuration, { values: { queueLimit: "3", integrationTimeout: "1500ms", logLevel: "debug" } });
    for (const each of [configuration, await start()]) {
      expect(each.inForce()).toMatchObject({ queueLimit: 3, integrationTimeout: 1_500, retainOperations: 1_000 });
      expect(view(each, "queueLimit")).toEqual({ text: "3", source: "runtime", inForce: undefined });
    }
    expect(log.level).toBe("debug");
  });

  test("follows the file on a reload, unless it was changed at run time", async () => {
    const configuration = await start({ file: { queueLimit: 5 } });
    expect(view(configuration, "queueLimit")).toMatchObject({ text: "5", source: "file" });
    await update(configuration, { values: { retainEvents: "200" } });
    configuration.refile(load({ file: { queueLimit: 7, retainEvents: 300 } }).settings);
    expect(configuration.inForce()).toMatchObject({ queueLimit: 7, retainEvents: 200 });
  });
});

test("what counts from the next start on says so, and what is in force until then", async () => {
  const configuration = await start({ file: { metricsPort: 9100 } });
  await update(configuration, { values: { metricsPort: "9200" } });
  expect(view(configuration, "metricsPort")).toEqual({ text: "9200", source: "runtime", inForce: "9100" });
  await update(configuration, { reset: ["metricsPort"] });
  expect(view(configuration, "metricsPort")).toEqual({ text: "9100", source: "file", inForce: undefined });
  await update(configuration, { values: { metricsPort: "9300" } });
  const again = await start({ file: { metricsPort: 9100 } });
  expect(again.metricsPort).toBe(9_300);
  expect(view(again, "metricsPort")).toEqual({ text: "9300", source: "runtime", inForce: undefined });
});

test.each(["dataDir", "runDir", "natsUrl", "platform", "boardSocket"])(
  "%s can't be changed at run time",
  async (key) => {
    const configuration = await start();
    expect(await refusal(update(configuration, { values: { [key]: "/tmp/x" } }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      remedy: expect.stringContaining("restart powermgr"),
    });
    expect(await refusal(update(configuration, { values: { [key]: "/tmp/x", queueLimit: "0" } }))).toMatchObject({
      code: "INVALID_ARGUMENT",
      details: { [key]: expect.any(String), queueLimit: expect.any(String) },
    });
  },
);

test.each<[string, Given]>([
  ["environment BUSBAR_QUEUE_LIMIT", { env: { BUSBAR_QUEUE_LIMIT: "9" } }],
  ["flag --queue-limit", { argv: ["--queue-limit", "9"] }],
])("%s wins over what was changed at run time, and a change of it is refused with its name", async (name, given) => {
  await update(await start(), { values: { queueLimit: "3" } });
  const configuration = await start(given);
  expect(configuration.inForce().queueLimit).toBe(9);
  expect(view(configuration, "queueLimit")).toEqual({ text: "9", source: "file", inForce: undefined });
  expect(await refusal(update(configuration, { values: { queueLimit: "4" } }))).toMatchObject({
    code: "FAILED_PRECONDITION",
    message: expect.stringContaining(name),
  });
  await update(configuration, { values: { retainEvents: "200" } });
  expect((await start()).inForce().queueLimit).toBe(3);
});

test("a password in a URL is nobody's business", async () => {
  const { settings } = await start({ env: { BUSBAR_NATS_URL: "nats://me:secret@127.0.0.1:4222" } });
  const found = settings.list().find(({ definition }) => definition.key === "natsUrl");
  expect(found?.definition.shown(found.text)).toBe("nats://********@127.0.0.1:4222");
});

test("a stored value that a newer version does not allow keeps nothing from starting", async () => {
  const { values } = load(
    {},
    new Map([
      ["queueLimit", "0"],
      ["gone", "1"],
      ["retainEvents", "150"],
    ]),
  );
  expect(values).toMatchObject({ queueLimit: 64, retainEvents: 150 });
});
