import { describe, expect, test } from "vitest";
import { loadConfig } from "./load-config.ts";
import { type ConfigOf, duration, flag, optional, secret, text } from "./setting.ts";
import { settingRows } from "./setting-rows.ts";
import { shownConfig, shownHelp } from "./show-config.ts";

const schema = {
  platform: text({ doc: "path of the platform file" }),
  timeout: duration({ doc: "how long to wait", default: "10s", min: "100ms", max: "60s" }),
  password: optional(secret({ doc: "of the broker" })),
  dryRun: flag({ doc: "touch nothing", default: false }),
};

const load = (env: NodeJS.ProcessEnv) =>
  loadConfig<ConfigOf<typeof schema>>(schema, { program: "powermgr", argv: ["--platform", "/p.yaml"], env });

describe("--print-config", () => {
  test("shows every value as it would be written, and who set it", () => {
    expect(shownConfig(load({ BUSBAR_TIMEOUT: "1500ms" }).settings).split("\n")).toEqual([
      expect.stringMatching(/^platform = "\/p\.yaml" +# flag --platform$/),
      expect.stringMatching(/^timeout = 1.5s +# environment BUSBAR_TIMEOUT$/),
      expect.stringMatching(/^password = not set +# default$/),
      expect.stringMatching(/^dryRun = false +# default$/),
      "",
    ]);
  });

  test("hides secrets", () => {
    const shown = shownConfig(load({ BUSBAR_PASSWORD: "hunter2" }).settings);
    expect(shown).toMatch(/^password = \*+ +# environment BUSBAR_PASSWORD$/m);
    expect(shown).not.toContain("hunter2");
  });
});

test("--help tells of every key its flag, meaning, rule, default, variable and path", () => {
  const help = shownHelp({ name: "powermgr", version: "1.2.3", summary: "power control" }, settingRows(schema));
  expect(help).toMatch(/^powermgr 1\.2\.3: power control\n/);
  expect(help).toContain(
    '--timeout VALUE\n      how long to wait\n      a duration from 100ms to 60s, written like 10s; default 10s; BUSBAR_TIMEOUT; "timeout" in files',
  );
  expect(help).toContain("--platform VALUE\n      path of the platform file\n      a text that isn't empty; required;");
  expect(help).toContain("--dry-run\n      touch nothing");
  for (const flagText of ["--config FILE", "--print-config", "--check-config", "--version", "--help"]) {
    expect(help).toContain(flagText);
  }
});
