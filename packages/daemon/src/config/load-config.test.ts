import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Milliseconds, milliseconds } from "@busbar/contracts";
import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { testFolder } from "../testing/test-folder.ts";
import { type LoadedConfig, loadConfig } from "./load-config.ts";
import { type ConfigOf, choice, duration, flag, optional, secret, text, wholeNumber } from "./setting.ts";

const schema = {
  natsUrl: text({ doc: "URL of the broker", default: "nats://127.0.0.1:4222" }),
  natsPassword: optional(secret({ doc: "its password" })),
  queue: { limit: wholeNumber({ doc: "open operations", default: 64, min: 1, max: 1_000, unit: "operations" }) },
  integrationTimeout: duration({ doc: "how long a peer may take", default: "10s", min: "100ms", max: "60s" }),
  dryRun: flag({ doc: "touch nothing", default: false }),
  restore: choice(["last_state", "always_off"], { doc: "after an AC loss", default: "last_state" }),
};
type Config = ConfigOf<typeof schema>;

interface Given {
  readonly argv?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly file?: unknown;
  readonly stored?: ReadonlyMap<string, string>;
}

function load({ argv = [], env = {}, file, stored = new Map() }: Given): LoadedConfig<Config> {
  if (file === undefined) return loadConfig<Config>(schema, { program: "powermgr", argv, env, stored });
  const path = join(testFolder(), "powermgr.json");
  writeFileSync(path, typeof file === "string" ? file : JSON.stringify(file));
  return loadConfig<Config>(schema, { program: "powermgr", argv: ["--config", path, ...argv], env, stored });
}

const sourceOf = ({ settings }: LoadedConfig<Config>, path: string) =>
  settings.find(({ row }) => row.path === path)?.source;

describe("a configuration", () => {
  test("is its defaults when nobody says anything", () => {
    expect(load({}).values).toEqual({
      natsUrl: "nats://127.0.0.1:4222",
      natsPassword: null,
      queue: { limit: 64 },
      integrationTimeout: 10_000,
      dryRun: false,
      restore: "last_state",
    });
  });

  test("has the types of its settings", () => {
    expectTypeOf<Config["integrationTimeout"]>().toEqualTypeOf<Milliseconds>();
    expectTypeOf<Config["natsPassword"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Config["queue"]["limit"]>().toEqualTypeOf<number>();
    expectTypeOf<Config["restore"]>().toEqualTypeOf<"last_state" | "always_off">();
  });

  test("takes what was changed at run time over a file, and environment and flags over that", () => {
    const file = { queue: { limit: 10 }, integrationTimeout: "2s", restore: "always_off" };
    const stored = new Map([
      ["queue.limit", "20"],
      ["integrationTimeout", "20s"],
      ["restore", "last_state"],
      ["dryRun", "true"],
    ]);
    const given = { file, env: { BUSBAR_INTEGRATION_TIMEOUT: "3s" }, argv: ["--restore", "always_off"] };
    const loaded = load({ ...given, stored });
    expect(loaded.values).toMatchObject({
      queue: { limit: 20 },
      integrationTimeout: 3_000,
      restore: "always_off",
      dryRun: true,
    });
    expect(loaded.settings.map(({ origin }) => origin)).toEqual([
      "default",
      "default",
      "runtime",
      "environment",
      "runtime",
      "flag",
    ]);
  });

  test("is not kept from loading by what another version stored", () => {
    const stored = new Map([
      ["queue.limit", "0"],
      ["gone", "1"],
      ["integrationTimeout", "5s"],
    ]);
    expect(load({ stored }).values).toMatchObject({ queue: { limit: 64 }, integrationTimeout: 5_000 });
  });

  test("takes a file over defaults, the environment over a file, a flag over the environment", () => {
    const file = { queue: { limit: 10 }, integrationTimeout: "2s", dryRun: true, restore: "always_off" };
    const env = { BUSBAR_INTEGRATION_TIMEOUT: "3s", BUSBAR_DRY_RUN: "false", BUSBAR_NATS_URL: "nats://env" };
    const loaded = load({ file, env, argv: ["--nats-url", "nats://flag", "--dry-run"] });
    expect(loaded.values).toEqual({
      natsUrl: "nats://flag",
      natsPassword: null,
      queue: { limit: 10 },
      integrationTimeout: milliseconds(3_000),
      dryRun: true,
      restore: "always_off",
    });
    expect(sourceOf(loaded, "natsUrl")).toBe("flag --nats-url");
    expect(sourceOf(loaded, "integrationTimeout")).toBe("environment BUSBAR_INTEGRATION_TIMEOUT");
    expect(sourceOf(loaded, "queue.limit")).toMatch(/^file .*powermgr\.json$/);
    expect(sourceOf(loaded, "natsPassword")).toBe("default");
  });

  test.each([[["--queue-limit", "7"]], [["--queue-limit=7"]], [["--queue-limit", "5", "--queue-limit", "7"]]])(
    "reads flags as %j",
    (argv) => {
      expect(load({ argv }).values.queue.limit).toBe(7);
    },
  );

  test.each([
    [["--dry-run"], true],
    [["--no-dry-run"], false],
    [["--dry-run=true"], true],
    [["--dry-run", "--no-dry-run"], false],
  ])("reads a boolean from %j", (argv, expected) => {
    expect(load({ argv }).values.dryRun).toBe(expected);
  });

  test("may set an optional key back to nothing in a file", () => {
    expect(load({ file: { natsPassword: null } }).values.natsPassword).toBeNull();
  });
});

describe("what is wrong is named with its place, value and remedy", () => {
  test.each<[string, Given, RegExp]>([
    [
      "a misspelt flag",
      { argv: ["--quue-limit", "5"] },
      /flag --quue-limit: there is no such flag; did you mean --queue-limit\?/,
    ],
    ["an unknown flag", { argv: ["--frobnicate"] }, /flag --frobnicate: there is no such flag; see --help/],
    ["a lone word", { argv: ["start"] }, /"start": is no flag/],
    ["a flag without its value", { argv: ["--queue-limit"] }, /flag --queue-limit: needs a value/],
    ["a flag whose value is a flag", { argv: ["--queue-limit", "--dry-run"] }, /flag --queue-limit: needs a value/],
    [
      "half a number",
      { argv: ["--queue-limit", "12abc"] },
      /flag --queue-limit \(queue\.limit\): "12abc" must be a whole number of operations from 1 to 1000; correct it, for instance 64/,
    ],
    [
      "a number out of range",
      { env: { BUSBAR_QUEUE_LIMIT: "0" } },
      /environment BUSBAR_QUEUE_LIMIT \(queue\.limit\): "0" must be/,
    ],
    ["a fraction", { env: { BUSBAR_QUEUE_LIMIT: "1.5" } }, /must be a whole number/],
    ["an empty variable", { env: { BUSBAR_NATS_URL: "" } }, /must be a text that isn't empty/],
    ["a boolean that is none", { env: { BUSBAR_DRY_RUN: "yes" } }, /"yes" must be true or false/],
    [
      "a duration without a unit",
      { argv: ["--integration-timeout", "10"] },
      /must be a duration from 100ms to 60s, written like 10s; correct it, for instance 10s/,
    ],
    ["a duration out of range", { file: { integrationTimeout: "2m" } }, /"2m" must be a duration/],
    ["a duration as a number in a file", { file: { integrationTimeout: 10 } }, /10 must be a duration/],
    ["a boolean as a text in a file", { file: { dryRun: "true" } }, /"true" must be true or false/],
    ["a choice that is none", { argv: ["--restore", "always_on"] }, /must be one of last_state, always_off/],
    [
      "a misspelt key in a file",
      { file: { queue: { limits: 5 } } },
      /powermgr\.json: queue\.limits: there is no such key; did you mean queue\.limit\?/,
    ],
    [
      "a key of prototypes in a file",
      { file: '{"__proto__": {"x": 1}, "constructor": 1}' },
      /__proto__\.x: there is no such key[\s\S]*constructor: there is no such key/,
    ],
    ["a file that is no JSON", { file: "natsUrl: x" }, /powermgr\.json: is not JSON/],
    ["a file that is no object", { file: "[]" }, /is not an object of settings/],
    [
      "a file that isn't there",
      { argv: ["--config", "/nonexistent/x.json"] },
      /file \/nonexistent\/x\.json: can't be read/,
    ],
    [
      "a misspelt variable of its own",
      { env: { BUSBAR_POWERMGR_QUEUE: "1" } },
      /environment BUSBAR_POWERMGR_QUEUE: there is no such variable/,
    ],
    ["a null for a key that needs a value", { file: { queue: { limit: "many" } } }, /"many" must be/],
  ])("%s", (_, given, expected) => {
    expect(() => load(given)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(expected) }),
    );
  });

  test("all of it at once", () => {
    const argv = ["--queue-limit", "x", "--nope"];
    expect(() => load({ argv, env: { BUSBAR_DRY_RUN: "maybe" }, file: { other: 1 } })).toThrow(
      /^4 problems:\n(?=[\s\S]*--queue-limit)(?=[\s\S]*--nope)(?=[\s\S]*BUSBAR_DRY_RUN)(?=[\s\S]*other)/,
    );
  });

  test("but a secret isn't repeated", () => {
    expect(() => load({ file: { natsPassword: 12_345 } })).toThrow(/natsPassword\): the value must be/);
    expect(() => load({ file: { natsPassword: 12_345 } })).toThrow(/^((?!12345)[\s\S])*$/);
  });

  test("a key that must be given", () => {
    const required = { platform: text({ doc: "path of the platform file" }) };
    const sources = { program: "powermgr", argv: [], env: {} };
    expect(() => loadConfig<ConfigOf<typeof required>>(required, sources)).toThrow(
      /platform: must be given: path of the platform file; set --platform or BUSBAR_PLATFORM/,
    );
  });
});

describe("variables of others", () => {
  test("are left alone", () => {
    const { warnings } = load({
      env: { BUSBAR_STATEMGR_DATA_DIR: "/x", BUSBAR_ROOT: "/y", BUSBAR_NATS_SERVER: "/z", PATH: "/bin" },
    });
    expect(warnings).toEqual([]);
  });

  test("that look like a slip are warned of", () => {
    const { warnings } = load({ env: { BUSBAR_QUEUE_LIMITS: "5" } });
    expect(warnings).toEqual([
      "environment BUSBAR_QUEUE_LIMITS is not read by powermgr; did you mean BUSBAR_QUEUE_LIMIT?",
    ]);
  });
});

describe("leaves in convict's own notation", () => {
  const plain = {
    natsUrl: { doc: "", format: String, default: "nats://x", arg: "broker", env: "BROKER_URL_OF_MINE" },
    limit: { doc: "", format: "nat", default: 5 },
    port: { doc: "", format: "port", default: 80 },
    level: { doc: "", format: ["info", "warn"], default: "info" },
    strict: { doc: "", format: Boolean, default: true },
  };
  interface Plain {
    natsUrl: string;
    limit: number;
    port: number;
    level: string;
    strict: boolean;
  }
  const loadPlain = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    loadConfig<Plain>(plain, { program: "x", argv, env }).values;

  test("are read as strictly", () => {
    expect(loadPlain(["--broker", "nats://y", "--limit", "7", "--no-strict"])).toEqual({
      natsUrl: "nats://y",
      limit: 7,
      port: 80,
      level: "info",
      strict: false,
    });
    for (const argv of [
      ["--limit", "7x"],
      ["--limit", "-1"],
      ["--port", "65536"],
      ["--level", "loud"],
      ["--broker", ""],
    ]) {
      expect(() => loadPlain(argv)).toThrow(/must be/);
    }
  });

  test("of a format that text can't be read for are a bug in the schema", () => {
    const odd = { x: { doc: "", format: Object, default: {} } };
    expect(() => loadConfig<{ x: object }>(odd, { program: "x", argv: [], env: {} })).toThrow(TypeError);
  });
});

test("whatever is typed is either good or refused with INVALID_ARGUMENT", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("--queue-limit", "--no-dry-run", "--config", "--=", "--", "-", "=", "--dry-run=", "7"),
  );
  fc.assert(
    fc.property(
      fc.array(word),
      fc.dictionary(
        fc.string().map((name) => `BUSBAR_${name}`),
        fc.string(),
      ),
      (argv, env) => {
        try {
          load({ argv, env });
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
        }
      },
    ),
  );
});

describe("a variable whose name is not ours alone", () => {
  const shared = { collector: optional(text({ doc: "collector of traces", env: "OTEL_EXPORTER_OTLP_ENDPOINT" })) };
  const collectorUnder = (env: NodeJS.ProcessEnv) =>
    loadConfig<ConfigOf<typeof shared>>(shared, { program: "powermgr", argv: [], env }).values.collector;

  test("is read where a setting names it", () => {
    expect(collectorUnder({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" })).toBe("http://c:4318");
  });

  test("is as good as absent when it is empty, and others of its family are left alone", () => {
    expect(collectorUnder({ OTEL_EXPORTER_OTLP_ENDPOINT: "", OTEL_EXPORTER_OTLP_HEADERS: "a=b" })).toBeNull();
  });
});
