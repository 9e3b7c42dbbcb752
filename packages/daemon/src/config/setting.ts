import { type DurationText, formatDuration, type Milliseconds, parseDuration } from "@busbar/contracts";

/**
 * One key of a configuration: a leaf of a convict schema, with what convict doesn't know. Plain convict leaves
 * (`format: String`, `"nat"`, a list of choices) may stand beside these.
 */
export type Setting<T> = {
  readonly doc: string;
  /** null: none. Then the key must be given, unless it is nullable. */
  readonly default: T | null;
  readonly nullable: boolean;
  /** Throws what the value must be. */
  readonly format: (value: unknown) => void;
  /** What the value must be: for --help and refusals. */
  readonly rule: string;
  /** What text stands for; `format` judges it. */
  readonly parse: (text: string) => unknown;
  /** The text that stands for a value. */
  readonly show: (value: unknown) => string;
  /** How it stands in a file: as the same text, or as JSON's own number or boolean. */
  readonly inFile: "text" | "value";
  /** Its value is never shown. */
  readonly sensitive: boolean;
  /** Flag without its dashes; made from the key's path when absent. */
  readonly arg?: string;
  /** Environment variable; made from the key's path when absent. */
  readonly env?: string;
};

interface Basics {
  readonly doc: string;
  readonly arg?: string;
  readonly env?: string;
}

interface Kind {
  readonly rule: string;
  readonly fits: (value: unknown) => boolean;
  readonly parse?: (text: string) => unknown;
  readonly show?: (value: unknown) => string;
  readonly inFile?: "text" | "value";
}

function setting<T>({ doc, arg, env }: Basics, fallback: T | undefined, kind: Kind): Setting<T> {
  const { rule, fits } = kind;
  return {
    doc,
    default: fallback ?? null,
    nullable: false,
    format(value) {
      if (!fits(value)) throw new Error(`must be ${rule}`);
    },
    rule,
    parse: kind.parse ?? ((text) => text),
    show: kind.show ?? String,
    inFile: kind.inFile ?? "text",
    sensitive: false,
    ...(arg !== undefined && { arg }),
    ...(env !== undefined && { env }),
  };
}

/** Any text but the empty one. */
export const text = (row: Basics & { readonly default?: string }): Setting<string> =>
  setting(row, row.default, {
    rule: "a text that isn't empty",
    fits: (value) => typeof value === "string" && value !== "",
    show: (value) => JSON.stringify(value),
  });

/** A text that nobody may read over a shoulder. */
export const secret = (row: Basics): Setting<string> => ({ ...text(row), sensitive: true });

export const choice = <const C extends string>(
  choices: readonly C[],
  row: Basics & { readonly default?: NoInfer<C> },
): Setting<C> =>
  setting(row, row.default, {
    rule: `one of ${choices.join(", ")}`,
    fits: (value) => choices.some((one) => one === value),
  });

export const flag = (row: Basics & { readonly default?: boolean }): Setting<boolean> =>
  setting(row, row.default, {
    rule: "true or false",
    fits: (value) => typeof value === "boolean",
    parse: booleanIn,
    inFile: "value",
  });

export const wholeNumber = (
  row: Basics & { readonly default?: number; readonly min: number; readonly max: number; readonly unit?: string },
): Setting<number> =>
  setting(row, row.default, {
    rule: `a whole number${row.unit === undefined ? "" : ` of ${row.unit}`} from ${row.min} to ${row.max}`,
    fits: (value) => Number.isInteger(value) && Number(value) >= row.min && Number(value) <= row.max,
    parse: numberIn,
    inFile: "value",
  });

export const duration = (
  row: Basics & { readonly default?: DurationText; readonly min: DurationText; readonly max: DurationText },
): Setting<Milliseconds> => {
  const [min, max] = [written(row.min), written(row.max)];
  return setting(row, row.default === undefined ? undefined : written(row.default), {
    rule: `a duration from ${row.min} to ${row.max}, written like ${row.default ?? row.min}`,
    fits: (value) => typeof value === "number" && value >= min && value <= max,
    parse: parseDuration,
    show: (value) => (isMilliseconds(value) ? formatDuration(value) : String(value)),
  });
};

/** The same setting, but it needn't be given: its value is null then. */
export const optional = <T>(row: Setting<T>): Setting<T | null> => ({ ...row, nullable: true });

/** The values of a schema that is made of settings. */
export type ConfigOf<S> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : ConfigOf<S[K]>;
};

/** Text that isn't wholly a number stays text, which no number's rule accepts. */
export const numberIn = (given: string): unknown => (/^-?[0-9]+(?:\.[0-9]+)?$/.test(given) ? Number(given) : given);

export const booleanIn = (given: string): unknown => (given === "true" ? true : given === "false" ? false : given);

const isMilliseconds = (value: unknown): value is Milliseconds => typeof value === "number";

function written(duration: DurationText): Milliseconds {
  const value = parseDuration(duration);
  if (value === undefined) throw new RangeError(`${duration} is not a duration`);
  return value;
}
