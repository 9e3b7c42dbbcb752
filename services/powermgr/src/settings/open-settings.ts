import { readFile } from "node:fs/promises";
import type { DaemonContext } from "@busbar/daemon";
import { type Platform, type Policies, parsePlatform } from "@busbar/platform";
import type { Config } from "../config.ts";
import { openConfiguration } from "./configuration.ts";
import { openPolicies } from "./policies.ts";
import type { RuntimeSettings } from "./runtime-settings.ts";

export interface OpenSettings {
  /** Ask each time: what may change at once is as it is now, the rest as at the start. */
  inForce(): Config;
  /** Ask each time: one immutable object until the next change. */
  policies(): Policies;
  /** For those who show and change them. */
  readonly settings: { readonly config: RuntimeSettings; readonly policies: RuntimeSettings };
}

/** All that may be changed while powermgr runs. On SIGHUP the files are read again under it. */
export async function openSettings(context: DaemonContext<Config>, platform: Platform): Promise<OpenSettings> {
  const { config, filedSettings, log, clock, health, onReload } = context;
  const configuration = await openConfiguration({ config, filedSettings, clock, log });
  const policies = await openPolicies({ directory: config.dataDir, platform, clock, log });
  health.add("configuration", () => configuration.settings.health());
  health.add("policies", () => policies.settings.health());
  onReload((_config, reread) => {
    configuration.refile(reread);
    void rereadPolicies(config.platform).then(
      (filed) => {
        policies.refile(filed);
        log.info("policies of the platform file read again; the rest of it counts from the next start on");
      },
      (err: unknown) => log.error({ err }, "the platform file is wrong; its policies stay as they were"),
    );
  });
  return {
    inForce: configuration.inForce,
    policies: policies.policies,
    settings: { config: configuration.settings, policies: policies.settings },
  };
}

/** Asynchronous, unlike at the start: pulses may be under way. */
const rereadPolicies = async (path: string): Promise<Platform> => parsePlatform(await readFile(path, "utf8"), path);
