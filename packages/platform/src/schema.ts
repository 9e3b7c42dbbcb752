import {
  type ComponentName,
  formatDuration,
  isComponentName,
  type Milliseconds,
  parseDuration,
} from "@busbar/contracts";
import * as z from "zod/mini";
import { lineNamePattern, longestLineName } from "./line-name.ts";
import { isModuleName, moduleNameFix } from "./module-name.ts";
import { isAllowed, type Policies, type Policy, policyRange, policyTable } from "./policy.ts";
import { awaitWithin, type DurationRange, debounce, pause, stepPause, timings } from "./timing.ts";

// The shape of a platform file, key by key; rules that compare keys are in the files named for them (lines, timing,
// domain, template, line-use). In this file `error` is the fix that the author of a platform reads, not the complaint;
// shape.ts puts what was found before it.

/** A map that takes these keys and no others. */
const section = <Shape extends z.core.$ZodShape>(shape: Shape) => {
  const keys = Object.keys(shape).join(", ");
  // For an unknown key shape.ts makes the fix out of the known ones.
  return z.strictObject(shape, {
    error: ({ code }) => (code === "unrecognized_keys" ? keys : `write a map of ${keys}`),
  });
};

const durationWithin = ({ least, most, usual }: DurationRange) => {
  const limits = `${formatDuration(least)} to ${formatDuration(most)} (usual: ${formatDuration(usual)})`;
  return z.pipe(
    z.unknown(),
    z.transform((input: unknown, context): Milliseconds => {
      const value = typeof input === "string" ? parseDuration(input) : undefined;
      if (value !== undefined && value >= least && value <= most) return value;
      const what = value === undefined ? "is not a duration" : value < least ? "is too short" : "is too long";
      const message =
        value === undefined ? `write a number and its unit (ms, s, m): ${limits}` : `keep it in ${limits}`;
      context.issues.push({ code: "custom", message, params: { what }, input });
      return z.NEVER;
    }),
  );
};

const matching = (pattern: RegExp, fix: string) => z.string({ error: fix }).check(z.regex(pattern, { error: fix }));

const wholeNumber = (least: number, most: number) => {
  const error = `write a whole number from ${least} to ${most}`;
  return z.int({ error }).check(z.gte(least, { error }), z.lte(most, { error }));
};

const lineName = matching(
  lineNamePattern,
  `write a line's name as the device tree has it: 1 to ${longestLineName} letters, digits and _ . : + # / -`,
);
const lineNames = z
  .array(lineName, { error: "write a list of line names" })
  .check(z.minLength(1, { error: "name at least one line" }));
const plainName = matching(/^[a-z0-9][a-z0-9-]{0,62}$/, "write a name of lower-case letters, digits and dashes");
const zoneName = matching(/^[A-Za-z0-9][A-Za-z0-9_ .-]{0,62}$/, "write a zone's name as its alerts have it");
const componentFix = "name a component as kind.index: host.0, chassis.0 or bmc.0";
const component = z.custom<ComponentName>((input) => typeof input === "string" && isComponentName(input), {
  error: componentFix,
});

const chip = z.custom<{ readonly simulated: string }>(
  (input) =>
    typeof input === "object" &&
    input !== null &&
    Object.keys(input).length === 1 &&
    "simulated" in input &&
    plainName.safeParse(input.simulated).success,
  { error: "write { simulated: <name of a board> }: this version has no driver yet for chips by path or label" },
);

const lineStates = ["active", "inactive"] as const;
const buttonModes = ["pass-through", "act", "mask"] as const;
const bias = ["pull-up", "pull-down", "disabled"] as const;

const line = section({
  /** A key of gpio.chips. */
  chip: plainName,
  /** The wire level that means active. Never assumed: a wrong guess presses buttons at start (DESIGN §12). */
  active: z.enum(["low", "high"], { error: "write active: low or active: high, as the schematic has it" }),
  /** momentary: rests inactive, released after use. latched: keeps its level across restarts. */
  output: z.optional(z.enum(["momentary", "latched"], { error: "write output: momentary or output: latched" })),
  input: z.optional(z.literal(true, { error: "write input: true, or else output: momentary or latched" })),
  /** Inputs only. As the chip has it when absent. */
  bias: z.optional(z.enum(bias, { error: `write one of ${bias.join(", ")}` })),
  /** Inputs only. */
  debounce: z.optional(durationWithin(debounce)),
});

/** One step beside the power switch; exactly one of set, await and pause (sequence.ts). */
const sequenceStep = section({
  /** A latched output, for instance the enable of an auxiliary supply. */
  set: z.optional(lineName),
  to: z.optional(z.enum(lineStates, { error: "write to: active or to: inactive" })),
  /** An input whose level is waited for. */
  await: z.optional(lineName),
  level: z.optional(z.enum(lineStates, { error: "write level: active or level: inactive" })),
  /** How long the level may take; the operation fails when it has not come by then. */
  within: z.optional(durationWithin(awaitWithin)),
  pause: z.optional(durationWithin(stepPause)),
});
const sequenceSteps = z.array(sequenceStep, { error: "write a list of steps" });

/** A button of the front panel that the BMC sees. */
const buttonInput = section({
  line: lineName,
  /**
   * pass-through: the hardware acts by itself, the press is recorded as the cause. act: the button reaches the BMC only,
   * which acts for it. mask: seen and logged, nothing is done.
   */
  mode: z.enum(buttonModes, { error: `write one of ${buttonModes.join(", ")}` }),
});

const domain = section({
  backend: section({
    /** Buttons of a host (powerButton …) or a switched rail (enable). */
    gpio: z.optional(
      section({
        powerButton: z.optional(lineName),
        resetButton: z.optional(lineName),
        /** A line that cuts the power by itself, where the board has one; otherwise the power button is held. */
        forceOff: z.optional(lineName),
        enable: z.optional(lineName),
      }),
    ),
    /** How the BMC resets itself: by systemd, or by a line that resets it from outside. */
    system: z.optional(
      z.union([z.literal("systemd"), section({ resetLine: lineName })], {
        error: "write systemd or { resetLine: <name of a line> }",
      }),
    ),
    /** A backend of somebody else's: a package or a file (module-backend.ts). */
    module: z.optional(z.string({ error: moduleNameFix }).check(z.refine(isModuleName, { error: moduleNameFix }))),
    /** How the module switches. */
    control: z.optional(z.enum(["rail", "buttons"], { error: "write control: rail or control: buttons" })),
    /** Handed to the module as they are. */
    options: z.optional(z.unknown()),
  }),
  /** The lines that show that the domain has power: all of them, or any of them. */
  powerGood: z.optional(section({ all: z.optional(lineNames), any: z.optional(lineNames) })),
  /** The lines that show standby power, all of them: it must be good before anything is switched on. */
  standbyGood: z.optional(section({ all: lineNames })),
  /** Front-panel buttons that the BMC sees, of a host with buttons. */
  inputs: z.optional(section({ powerButton: z.optional(buttonInput), resetButton: z.optional(buttonInput) })),
  /** Lines by which the hardware tells of trouble, by the name that the event gives it: thermtrip, overcurrent, … */
  faults: z.optional(z.record(plainName, lineName, { error: "write a map from a fault's name to its input line" })),
  /** What must have power before this domain is switched on. */
  dependsOn: z.optional(z.array(component, { error: "write a list of components" })),
  timing: z.optional(
    section({
      press: z.optional(durationWithin(timings.press)),
      reset: z.optional(durationWithin(timings.reset)),
      forceHold: z.optional(durationWithin(timings.forceHold)),
      forceThreshold: z.optional(durationWithin(timings.forceThreshold)),
      powerGood: z.optional(durationWithin(timings.powerGood)),
      minimumOff: z.optional(durationWithin(timings.minimumOff)),
      gracefulOff: z.optional(durationWithin(timings.gracefulOff)),
      operation: z.optional(durationWithin(timings.operation)),
    }),
  ),
  sequence: z.optional(
    section({
      onDelay: z.optional(durationWithin(pause)),
      offDelay: z.optional(durationWithin(pause)),
      /** Steps right before the domain is switched on: auxiliary enables and the like. */
      beforeOn: z.optional(sequenceSteps),
      /** Steps once it is verified off. */
      afterOff: z.optional(sequenceSteps),
    }),
  ),
  /** Makes `count` domains of this one: it and those with the next numbers (template.ts). */
  template: z.optional(
    section({
      count: wholeNumber(1, 256),
    }),
  ),
});

function policyValue(row: Policy) {
  switch (row.type) {
    case "flag":
      return z._default(z.boolean({ error: `write ${policyRange(row)}` }), row.usual);
    case "number": {
      const error =
        row.unit === "" ? `write a whole number from ${row.least} to ${row.most}` : `write ${policyRange(row)}`;
      return z._default(z.number({ error }).check(z.refine((value) => isAllowed(row, value), { error })), row.usual);
    }
    case "duration":
      return z._default(durationWithin(row), row.usual);
    case "choice":
      return z._default(z.enum(row.choices, { error: `write ${policyRange(row)}` }), row.usual);
  }
}

const policySection = (rows: Readonly<Record<string, Policy>>) =>
  section(Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, policyValue(row)])));

const usualOf = (rows: Readonly<Record<string, Policy>>) =>
  Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, row.usual]));

const policySections = Object.entries<Readonly<Record<string, Policy>>>(policyTable);

/** What a platform whose file is silent about them has. */
export const usualPolicies = Object.fromEntries(
  policySections.map(([name, rows]) => [name, usualOf(rows)]),
) as Policies;

/** Its keys are those of policyTable, which the compiler can't follow through Object.entries. */
const policies = section(
  Object.fromEntries(policySections.map(([name, rows]) => [name, z._default(policySection(rows), usualOf(rows))])),
) as unknown as z.ZodMiniType<Policies>;

export const platformFile = section({
  platform: plainName,
  /** Whether anybody has run this file on its board; until then outputs are left alone unless the operator insists. */
  tried: z.boolean({ error: "write tried: true once this file has worked on its board, tried: false until then" }),
  gpio: section({
    chips: z.record(plainName, chip, { error: "write a map from a chip's name to what it is" }),
    lines: z.record(lineName, line, { error: "write a map from a line's name to what it is" }),
  }),
  domains: z.record(z.string().check(z.refine(isComponentName, { error: componentFix })), domain, {
    error: "write a map from a component's name to its domain",
  }),
  policies: z._default(policies, usualPolicies),
  /** Thermal zones by the name that alerts give them, and what is cut in an emergency there. */
  zones: z._default(
    z.record(zoneName, z.array(component, { error: "write a list of components" }), {
      error: "write a map from a zone's name to what it cools",
    }),
    {},
  ),
});

export type PlatformFile = z.output<typeof platformFile>;
export type LineSpec = z.output<typeof line>;
export type DomainSpec = z.output<typeof domain>;
export type SequenceStepSpec = z.output<typeof sequenceStep>;
