import { busbar } from "@busbar/contracts";
import { enumWord } from "../output/words.ts";
import { textOrNull } from "./text.ts";
import { isoTime } from "./time.ts";

export const settingsShape = ({ version, settings, changedAt, changedBy }: busbar.v1.Settings) => ({
  /** Give it to an update, so that nobody's change is lost. */
  version,
  changed_at: isoTime(changedAt),
  changed_by: textOrNull(changedBy),
  settings: settings.map(settingShape),
});

export const settingShape = (setting: busbar.v1.Setting.$Properties) => ({
  key: setting.key ?? "",
  value: setting.value ?? "",
  default_value: setting.defaultValue ?? "",
  source: enumWord(busbar.v1.SettingSource, "SETTING_SOURCE_", setting.source ?? 0),
  needs_restart: setting.needsRestart ?? false,
  value_in_force: textOrNull(setting.valueInForce),
  description: setting.description ?? "",
});

export type SettingShape = ReturnType<typeof settingShape>;
