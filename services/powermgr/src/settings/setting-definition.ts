/** When a change of a setting counts. `fixed`: never while the daemon runs, because it would be somebody else then. */
export type SettingEffect = "at-once" | "at-restart" | "fixed";

/** One thing that may be set, whatever it is made of. Values are text, as a file spells them. */
export interface SettingDefinition {
  readonly key: string;
  /** What it does, with unit and range. */
  readonly description: string;
  /** What its value must be, to go on from "must be". */
  readonly rule: string;
  readonly usual: string;
  readonly effect: SettingEffect;
  /** The usual spelling of a value, or undefined when it is not allowed. */
  spelling(text: string): string | undefined;
  /** What others may see of a value: no passwords. */
  shown(text: string): string;
}

/** What holds as long as nothing is changed at run time. */
export interface FiledValue {
  readonly text: string;
  readonly isUsual: boolean;
  /** The flag or environment variable that gave it: they win over what is changed at run time. */
  readonly pinnedBy?: string;
}
