import { formatDuration, type Milliseconds, parseDuration } from "@busbar/contracts";
import { type DurationRange, range } from "./timing.ts";

// The policies of a platform: one table for the file's schema, its defaults, and what may be changed while powermgr runs
// (powermgr.policies.update). Figures without another source are seed 001's.

interface Described {
  /** What it does, in one sentence for operators; unit and range are added from the rest of the row. */
  readonly doc: string;
}

export interface FlagPolicy extends Described {
  readonly type: "flag";
  readonly usual: boolean;
}

export interface NumberPolicy extends Described {
  readonly type: "number";
  readonly usual: number;
  readonly least: number;
  readonly most: number;
  /** Empty for a count. */
  readonly unit: string;
}

export interface DurationPolicy extends Described, DurationRange {
  readonly type: "duration";
}

export interface ChoicePolicy<Choice extends string = string> extends Described {
  readonly type: "choice";
  readonly usual: Choice;
  readonly choices: readonly Choice[];
}

export type Policy = FlagPolicy | NumberPolicy | DurationPolicy | ChoicePolicy;

const flag = (usual: boolean, doc: string): FlagPolicy => ({ type: "flag", usual, doc });
const number = (least: number, usual: number, most: number, unit: string, doc: string): NumberPolicy => ({
  type: "number",
  least,
  usual,
  most,
  unit,
  doc,
});
const time = (limits: DurationRange, doc: string): DurationPolicy => ({ type: "duration", ...limits, doc });
const choice = <Choice extends string>(
  usual: Choice,
  choices: readonly Choice[],
  doc: string,
): ChoicePolicy<Choice> => ({ type: "choice", usual, choices, doc });

/** What is done about a fault. */
export const faultResponses = ["immediate_off", "graceful_off", "notify"] as const;
export type FaultResponse = (typeof faultResponses)[number];

/** `policies.<section>.<key>`. */
export const policyTable = {
  safety: {
    thermalCheck: flag(true, "Refuse to switch on what thermalmgr reports as too hot, or as heating up too fast"),
    healthCheck: flag(true, "Refuse to switch on what sensors report as critical or failing"),
    powerGoodRequired: flag(true, "Whatever depends on a domain waits for its power-good; without it, it is left off"),
    maxConcurrentOperations: number(1, 2, 256, "", "Operations under way at once; an off is never held back by it"),
    emergencyOverride: flag(false, "Requests may override interlocks (header Busbar-Override); always audited"),
  },
  sequencing: {
    startupDelay: time(
      range("0ms", "5s", "5m"),
      "Between the starts of two hosts, so that inrush currents don't add up",
    ),
    shutdownDelay: time(range("0ms", "10s", "5m"), "Between the shutdowns of two hosts of one operation"),
    escalateAfter: time(
      range("1s", "30s", "60m"),
      "After a graceful off that the host ignored, until it is forced off",
    ),
    retryAttempts: number(
      1,
      3,
      10,
      "",
      "How often a level is set before the step has failed; a button is never pressed again",
    ),
  },
  emergency: {
    thermalShutdown: flag(true, "A thermal emergency alert cuts power"),
    faultResponse: choice("immediate_off", faultResponses, "What a fault of a power supply or a fault line does"),
    overrideTimeout: time(range("1s", "60s", "60m"), "How long after its request an override still holds"),
    thermalDataLoss: choice(
      "notify",
      faultResponses,
      "What is done when temperatures, heard before, are not heard any more",
    ),
  },
  thermal: {
    requireData: flag(false, "Refuse to switch on while no temperature has ever been heard"),
    staleAfter: time(
      range("1s", "30s", "10m"),
      "A reading older than this is unknown, and an unknown one refuses an on",
    ),
    refresh: time(range("500ms", "10s", "5m"), "How often zones and sensors are asked for"),
    alertAge: time(
      range("1s", "30s", "10m"),
      "Alerts older than this are refused: a redelivered one must not cut power",
    ),
    rise: number(
      0.1,
      10,
      100,
      "°C/min",
      "A zone that heats up faster and would be critical within `horizon` refuses an on",
    ),
    horizon: time(range("1s", "60s", "30m"), "How far ahead a rise is followed"),
  },
  environment: {
    ambientLeast: number(-60, 0, 60, "°C", "Colder air refuses an on"),
    ambientMost: number(0, 45, 90, "°C", "Warmer air refuses an on"),
    humidityMost: number(1, 90, 100, "%", "Moister air refuses an on: water may condense"),
  },
} as const satisfies Record<string, Record<string, Policy>>;

type ValueOf<Row> = Row extends FlagPolicy
  ? boolean
  : Row extends NumberPolicy
    ? number
    : Row extends DurationPolicy
      ? Milliseconds
      : Row extends ChoicePolicy<infer Choice>
        ? Choice
        : never;

/** Durations in milliseconds, numbers in the unit of their row. */
export type Policies = {
  readonly [Section in keyof typeof policyTable]: {
    readonly [Key in keyof (typeof policyTable)[Section]]: ValueOf<(typeof policyTable)[Section][Key]>;
  };
};

export type PolicyValue = boolean | number | string;

/** `section.key` of every policy with its row, in the order of the table. */
export const policyRows: ReadonlyMap<string, Policy> = new Map(
  Object.entries(policyTable).flatMap(([section, rows]) =>
    Object.entries<Policy>(rows).map(([key, row]) => [`${section}.${key}`, row] as const),
  ),
);

/** What a value may be, for people. */
export function policyRange(row: Policy): string {
  switch (row.type) {
    case "flag":
      return "true or false";
    case "number":
      return row.unit === ""
        ? `a whole number from ${row.least} to ${row.most}`
        : `a number from ${row.least} to ${row.most} ${row.unit}`;
    case "duration":
      return `a duration from ${formatDuration(row.least)} to ${formatDuration(row.most)}`;
    case "choice":
      return `one of ${row.choices.join(", ")}`;
  }
}

/** The value as a file spells it, or undefined when it is not allowed. */
export function parsePolicy(row: Policy, text: string): PolicyValue | undefined {
  switch (row.type) {
    case "flag":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "number":
      return /^-?[0-9]{1,9}(?:\.[0-9]{1,3})?$/.test(text) && isAllowed(row, Number(text)) ? Number(text) : undefined;
    case "duration": {
      const value = parseDuration(text);
      return value !== undefined && isAllowed(row, value) ? value : undefined;
    }
    case "choice":
      return row.choices.includes(text) ? text : undefined;
  }
}

/** Whether a count or measure is in its range; counts are whole. */
export const isAllowed = (row: NumberPolicy | DurationPolicy, value: number): boolean =>
  value >= row.least && value <= row.most && (row.type === "duration" || row.unit !== "" || Number.isInteger(value));

export const showPolicy = (row: Policy, value: PolicyValue): string =>
  row.type === "duration" ? formatDuration(value as Milliseconds) : String(value);
