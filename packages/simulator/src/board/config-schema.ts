import { type Milliseconds, parseDuration } from "@busbar/contracts";
import * as z from "zod/mini";

const example = "write a number and a unit, for instance 300ms or 3.5s";

const duration = z.pipe(
  z.string(`is no duration; ${example}`),
  z.transform((text, context): Milliseconds => {
    const value = parseDuration(text);
    if (value !== undefined) return value;
    context.issues.push({ code: "custom", input: text, message: `is no duration; ${example}` });
    return z.NEVER;
  }),
);

/** The text is parsed by the schema itself, so a default is checked like a written value. */
const usually = (text: string) => z.prefault(duration, text);

const lineName = z
  .string("is no name; write the line's name")
  .check(z.regex(/^[A-Za-z0-9_.-]{1,64}$/, "is no name; use up to 64 letters, digits and _.-"));

const componentOf = (kind: "bmc" | "chassis" | "host") =>
  z
    .string(`is no ${kind}; write ${kind}.<number>`)
    .check(z.regex(new RegExp(`^${kind}\\.(0|[1-9][0-9]{0,3})$`), `is no ${kind}; write ${kind}.<number>`));

const sense = {
  line: lineName,
  active: z.enum(["high", "low"], "is no polarity; write high or low (the wire level that means active)"),
};
const wire = {
  ...sense,
  idle: z.optional(z.enum(["high", "low"], "is no level; write high or low, or leave it out for inactive")),
};
const button = (assertLimit: string) => z.strictObject({ ...wire, assertLimit: usually(assertLimit) });

const template = z.prefault(
  z.strictObject({
    count: z
      .int("is no count; write how many there are")
      .check(z.gte(1, "is none; write 1 or more"), z.lte(64, "is too many; write 64 or fewer")),
  }),
  { count: 1 },
);

const hostModel = z.prefault(
  z.strictObject({
    powerGoodRise: usually("300ms"),
    powerGoodFall: usually("100ms"),
    boot: usually("2s"),
    gracefulShutdown: usually("1s"),
    forceThreshold: usually("3.5s"),
    minimumOff: usually("5s"),
    minimumPulse: usually("16ms"),
    minimumReset: usually("50ms"),
    buttonDuringBoot: z._default(z.enum(["ignored", "power-off"], "is unknown; write ignored or power-off"), "ignored"),
    ignoresButton: z._default(z.boolean("is no answer; write true or false"), false),
  }),
  {},
);

const bmc = z.strictObject({
  resetLine: button("1s"),
  model: z.prefault(z.strictObject({ minimumReset: usually("16ms") }), {}),
  template,
});

/** Lines by which the hardware tells of trouble, by name; `line-stuck` raises one. */
const faultLines = z._default(z.record(z.string(), z.strictObject(sense)), {});

const chassis = z.strictObject({
  enable: z.strictObject(wire),
  powerGood: z.strictObject(sense),
  standbyGood: z.optional(z.strictObject(sense)),
  faults: faultLines,
  model: z.prefault(z.strictObject({ rise: usually("50ms"), fall: usually("10ms"), minimumOff: usually("0ms") }), {}),
  template,
});

/** Front-panel buttons that the BMC sees, each on an input line. */
const panel = z.strictObject({
  wired: z.enum(
    ["direct", "sensed"],
    "is unknown; write direct (the host sees them too) or sensed (only the BMC does)",
  ),
  powerButton: z.optional(z.strictObject(sense)),
  resetButton: z.optional(z.strictObject(sense)),
});

const host = z.strictObject({
  chassis: componentOf("chassis"),
  powerButton: button("6s"),
  resetButton: z.optional(button("1s")),
  powerGood: z.strictObject(sense),
  panel: z.optional(panel),
  faults: faultLines,
  model: hostModel,
  template,
});

export const boardFile = z.strictObject({
  board: lineName,
  onDisconnect: z._default(z.enum(["keep", "revert"], "is unknown; write keep or revert"), "keep"),
  bmcs: z._default(z.record(componentOf("bmc"), bmc), {}),
  chassis: z._default(z.record(componentOf("chassis"), chassis), {}),
  hosts: z._default(z.record(componentOf("host"), host), {}),
});
export type BoardFile = z.infer<typeof boardFile>;

/** The sentences for one issue: place, value, what is wrong with it, fix. */
export function explain(issue: z.core.$ZodIssue, root: unknown): string[] {
  const at = (path: readonly PropertyKey[]): string => (path.length === 0 ? "" : `${path.map(String).join(".")}: `);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${at([...issue.path, key])}is not known here; remove it or correct its name`);
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => `${at(issue.path.slice(0, -1))}"${String(issue.path.at(-1))}" ${message}`);
  }
  const value = issue.path.reduce<unknown>(
    (tree, key) => (typeof tree === "object" && tree !== null ? Reflect.get(tree, key) : undefined),
    root,
  );
  if (value === undefined) return [`${at(issue.path)}is missing; ${fixOf(issue.message)}`];
  const shown = JSON.stringify(value).slice(0, 80);
  return [
    `${at(issue.path)}${shown} ${issue.message === "Invalid input" ? "is of the wrong kind; see platforms/simulated/board.yaml" : issue.message}`,
  ];
}

const fixOf = (message: string): string => message.split("; ").at(1) ?? "see platforms/simulated/board.yaml";
