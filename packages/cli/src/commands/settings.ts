import { BusbarError, type busbar, endpoints, nearMiss } from "@busbar/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { type Assignments, assignment } from "../arguments/assignment.ts";
import { reason } from "../arguments/reason.ts";
import type { Context } from "../context.ts";
import { type Cell, facts, table } from "../output/table.ts";
import { localTime } from "../output/time.ts";
import { type SettingShape, settingsShape } from "../shapes/setting.ts";
import { answerTimeout } from "../system/ask.ts";
import type { Start } from "./start.ts";

/** What can be changed while powermgr runs. Both sorts are served, and shown, in the same way. */
interface Sort {
  readonly command: string;
  readonly title: string;
  /** "policy", "setting" */
  readonly noun: string;
  readonly get: typeof endpoints.configGet;
  readonly update: typeof endpoints.configUpdate;
}

const sorts: readonly Sort[] = [
  {
    command: "config",
    title: "how powermgr is configured",
    noun: "setting",
    get: endpoints.configGet,
    update: endpoints.configUpdate,
  },
  {
    command: "policy",
    title: "the power policies in force",
    noun: "policy",
    get: endpoints.policiesGet,
    update: endpoints.policiesUpdate,
  },
];

interface SetFlags {
  readonly reset?: readonly string[];
  readonly reason?: string;
  readonly ifVersion?: number;
}

/** `busbar config …`, `busbar policy …` */
export function addSettingsCommands(parent: Command, start: Start): void {
  for (const sort of sorts) {
    const group = parent.command(sort.command).description(sort.title);
    group
      .command("get")
      .description(`every ${sort.noun} with its value and where it comes from, or one with what it does`)
      .argument("[key]", "as the list spells it")
      .action((key: string | undefined, _options: object, command: Command) =>
        start(command, async (context) => {
          const { message } = await context.bus((bus) => bus.request(sort.get, {}, { timeout: answerTimeout }));
          show(message, sort, key, context);
        }),
      );
    group
      .command("set")
      .description("change while powermgr runs: all of it, or nothing")
      .argument("[key=value...]", "as the file would spell it", assignment)
      .option("--reset <key>", "what the files say again (may be given more than once)", eachKey)
      .option("--reason <text>", "why, for the record", reason)
      .option("--if-version <number>", "only if nobody has changed anything since this version", version)
      .action((values: Assignments | readonly [] | undefined, flags: SetFlags, command: Command) =>
        start(command, (context) => change(sort, values instanceof Map ? values : new Map(), flags, context)),
      );
  }
}

const eachKey = (key: string, before: readonly string[] = []): readonly string[] => [...before, key];

function version(text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give the version that get shows.");
}

async function change(sort: Sort, values: Assignments, flags: SetFlags, context: Context): Promise<void> {
  const { reset = [], reason: why = "", ifVersion } = flags;
  const changed = [...values.keys(), ...reset];
  if (changed.length === 0) {
    throw new BusbarError("INVALID_ARGUMENT", "nothing is to be changed", {
      reason: "usage",
      remedy: "give key=value, or --reset key",
    });
  }
  const { message } = await context.bus(async (bus) => {
    const expectedVersion = ifVersion ?? (await bus.request(sort.get, {}, { timeout: answerTimeout })).message.version;
    return bus.request(
      sort.update,
      { expectedVersion, values: Object.fromEntries(values), reset: [...reset], reason: why },
      { timeout: answerTimeout, headers: { actor: context.surroundings.user } },
    );
  });
  const shape = settingsShape(message);
  const settings = shape.settings.filter(({ key }) => changed.includes(key));
  context.printer.show({
    json: { ...shape, settings },
    lines: (paint) => [
      ...settings.map(
        ({ key, value, source, needs_restart, value_in_force }) =>
          `${key} = ${value} (${source})${needs_restart ? `; ${value_in_force ?? "none"} until powermgr is restarted` : ""}`,
      ),
      paint("quiet", `version ${shape.version}`),
    ],
  });
}

function show(message: busbar.v1.Settings, { noun }: Sort, key: string | undefined, { printer }: Context): void {
  const shape = settingsShape(message);
  if (key !== undefined) {
    const found = shape.settings.find((setting) => setting.key === key) ?? unknownKey(key, noun, shape.settings);
    printer.show({ json: found, lines: (paint) => facts(factsOf(found, shape.version), paint) });
    return;
  }
  printer.show({
    json: shape,
    lines: (paint) => [
      ...table(["KEY", "VALUE", "SOURCE", "DEFAULT", "IN FORCE"], shape.settings.map(rowOf), paint),
      paint("quiet", lastChange(shape)),
    ],
  });
}

const rowOf = (setting: SettingShape): Cell[] => [
  setting.key,
  setting.value,
  setting.source === "runtime" ? { text: setting.source, tone: "busy" } : setting.source,
  setting.default_value,
  setting.needs_restart ? { text: setting.value_in_force ?? "none", tone: "bad" } : setting.value,
];

const factsOf = (setting: SettingShape, counted: number): [string, Cell][] => [
  ["key", setting.key],
  ["value", setting.value],
  ["source", setting.source],
  ["default", setting.default_value],
  [
    "in force",
    setting.needs_restart ? `${setting.value_in_force ?? "none"}, until powermgr is restarted` : setting.value,
  ],
  ["what", setting.description],
  ["version", String(counted)],
];

const lastChange = ({ version: counted, changed_at, changed_by }: ReturnType<typeof settingsShape>): string =>
  changed_at === null
    ? `version ${counted}, nothing changed at run time`
    : `version ${counted}, changed ${localTime(changed_at)} by ${changed_by ?? "nobody named"}`;

function unknownKey(key: string, noun: string, known: readonly SettingShape[]): never {
  const keys = known.map((setting) => setting.key);
  const meant = nearMiss(key, keys);
  throw new BusbarError("NOT_FOUND", `there is no ${noun} ${key}`, {
    reason: "settings",
    remedy: meant === undefined ? `there are ${keys.join(", ")}` : `did you mean ${meant}?`,
  });
}
