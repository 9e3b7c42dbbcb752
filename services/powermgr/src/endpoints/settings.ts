import { type Served, served } from "@busbar/bus";
import { BusbarError, busbar, endpoints, timestamp } from "@busbar/contracts";
import type { RuntimeSettings, SettingView } from "../settings/runtime-settings.ts";

export interface SettingsEndpointOptions {
  readonly config: RuntimeSettings;
  readonly policies: RuntimeSettings;
}

/** The audit keeps it in a file that is written as a whole each time. */
const longestReason = 256;

/** `powermgr.config.*`, `powermgr.policies.*` */
export const settingsEndpoints = ({ config, policies }: SettingsEndpointOptions): Served[] => [
  ...settingsPair(endpoints.configGet, endpoints.configUpdate, config),
  ...settingsPair(endpoints.policiesGet, endpoints.policiesUpdate, policies),
];

const settingsPair = (
  get: typeof endpoints.configGet,
  update: typeof endpoints.configUpdate,
  settings: RuntimeSettings,
): Served[] => [
  served(get, () => ({ message: settingsMessage(settings) })),
  served(update, async ({ expectedVersion, values, reset, reason }, { actor = "" }) => {
    if (reason.length > longestReason || /\p{C}/u.test(reason)) {
      throw new BusbarError("INVALID_ARGUMENT", "the reason is too long, or not one printable line", {
        reason: "settings",
        remedy: `say why in one line of up to ${longestReason} characters`,
      });
    }
    await settings.update({ expectedVersion, values, reset, reason, actor });
    return { message: settingsMessage(settings), outcome: "completed" };
  }),
];

const sources = {
  default: busbar.v1.SettingSource.SETTING_SOURCE_DEFAULT,
  file: busbar.v1.SettingSource.SETTING_SOURCE_FILE,
  runtime: busbar.v1.SettingSource.SETTING_SOURCE_RUNTIME,
} as const satisfies Record<SettingView["source"], busbar.v1.SettingSource>;

function settingsMessage(settings: RuntimeSettings): busbar.v1.Settings.$Properties {
  const last = settings.lastChange;
  return {
    version: settings.version,
    settings: settings.list().map(settingMessage),
    ...(last && { changedAt: timestamp(last.at), changedBy: last.actor }),
  };
}

const settingMessage = ({ definition, text, source, inForce }: SettingView): busbar.v1.Setting.$Properties => ({
  key: definition.key,
  value: definition.shown(text),
  defaultValue: definition.shown(definition.usual),
  description: definition.description,
  source: sources[source],
  needsRestart: inForce !== undefined,
  valueInForce: inForce === undefined ? "" : definition.shown(inForce),
});
