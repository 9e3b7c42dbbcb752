import { readFileSync } from "node:fs";
import { BusbarError, type ComponentName, componentName, type Milliseconds } from "@busbar/contracts";
import type { Polarity, WireLevel } from "@busbar/hardware";
import { parse } from "yaml";
import { type BoardFile, boardFile, explain } from "./config-schema.ts";
import { flipped, type LineDefinition } from "./lines.ts";
import type { BmcModel } from "./plant/bmc.ts";
import type { ChassisModel } from "./plant/chassis.ts";
import type { HostModel } from "./plant/host.ts";

/** What is soldered on: independent of what a platform file claims about it. */
export interface BoardConfig {
  readonly name: string;
  /** What the pins of a dead client do: keep driving (as aspeed), or fall back to the board's pull (as gpio-sim). */
  readonly onDisconnect: "keep" | "revert";
  readonly bmcs: readonly BmcConfig[];
  readonly chassis: readonly ChassisConfig[];
  readonly hosts: readonly HostConfig[];
}

export interface WireConfig {
  readonly line: string;
  readonly active: Polarity;
  readonly idle: WireLevel;
}

export interface ButtonConfig extends WireConfig {
  /** Longer than this nobody has a reason to assert it: the hazard judge's limit. */
  readonly assertLimit: Milliseconds;
}

export interface BmcConfig {
  readonly component: ComponentName;
  readonly resetLine: ButtonConfig;
  readonly model: BmcModel;
}

export interface ChassisConfig {
  readonly component: ComponentName;
  readonly enable: WireConfig;
  readonly powerGood: WireConfig;
  /** Shows the BMC's standby power, which feeds the chassis too. */
  readonly standbyGood: WireConfig | undefined;
  readonly faults: readonly WireConfig[];
  readonly model: ChassisModel;
}

/** Front-panel buttons on lines of their own. */
export interface PanelConfig {
  /** direct: the host feels the press too. sensed: only the BMC sees it. */
  readonly wired: "direct" | "sensed";
  readonly powerButton: WireConfig | undefined;
  readonly resetButton: WireConfig | undefined;
}

export interface HostConfig {
  readonly component: ComponentName;
  readonly chassis: ComponentName;
  readonly powerButton: ButtonConfig;
  readonly resetButton: ButtonConfig | undefined;
  readonly powerGood: WireConfig;
  readonly panel: PanelConfig | undefined;
  readonly faults: readonly WireConfig[];
  readonly model: HostModel;
}

/** @throws BusbarError INVALID_ARGUMENT naming file, place, value and fix. */
export function loadBoardConfig(file: string): BoardConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refusal(file, [`can't be read (${why})`], "name a readable board file with --config", cause);
  }
  return parseBoardConfig(text, file);
}

/** @throws BusbarError INVALID_ARGUMENT naming file, place, value and fix. */
export function parseBoardConfig(text: string, file: string): BoardConfig {
  let value: unknown;
  try {
    value = parse(text, { stringKeys: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refusal(file, [`is no YAML: ${why}`], "correct the YAML (indentation, quotes, brackets)", cause);
  }
  const checked = boardFile.safeParse(value);
  if (!checked.success)
    throw refusal(
      file,
      checked.error.issues.flatMap((issue) => explain(issue, value)),
    );
  const config = expand(checked.data);
  const problems = contradictions(config);
  if (problems.length > 0) throw refusal(file, problems);
  return config;
}

export function lineDefinitions({ bmcs, chassis, hosts }: BoardConfig): LineDefinition[] {
  const define = (
    role: LineDefinition["role"],
    component: ComponentName,
    { line, active, idle }: WireConfig,
  ): LineDefinition => ({ name: line, role, component, active, idle });
  return [
    ...bmcs.map(({ component, resetLine }) => define("button", component, resetLine)),
    ...chassis.flatMap(({ component, enable, powerGood, standbyGood, faults }) => [
      define("rail-enable", component, enable),
      define("sense", component, powerGood),
      ...(standbyGood === undefined ? [] : [define("sense", component, standbyGood)]),
      ...faults.map((line) => define("sense", component, line)),
    ]),
    ...hosts.flatMap(({ component, powerButton, resetButton, powerGood, panel, faults }) => [
      define("button", component, powerButton),
      ...(resetButton === undefined ? [] : [define("button", component, resetButton)]),
      define("sense", component, powerGood),
      ...[panel?.powerButton, panel?.resetButton].flatMap((line) =>
        line === undefined ? [] : [define("sense", component, line)],
      ),
      ...faults.map((line) => define("sense", component, line)),
    ]),
  ];
}

/** Copies get the next numbers: component `host.4` with `power-button-4` becomes `host.5` with `power-button-5`. */
function expand(file: BoardFile): BoardConfig {
  const wire = (given: { line: string; active: Polarity; idle?: WireLevel | undefined }, copy: number): WireConfig => ({
    line: numbered(given.line, "-", copy),
    active: given.active,
    idle: given.idle ?? flipped(given.active),
  });
  const button = (given: Parameters<typeof wire>[0] & { assertLimit: Milliseconds }, copy: number): ButtonConfig => ({
    ...wire(given, copy),
    assertLimit: given.assertLimit,
  });
  const faultLines = (given: BoardFile["chassis"][string]["faults"], copy: number): WireConfig[] =>
    Object.values(given).map((line) => wire(line, copy));
  return {
    name: file.board,
    onDisconnect: file.onDisconnect,
    bmcs: copies(file.bmcs, (component, { resetLine, model }, copy) => ({
      component,
      resetLine: button(resetLine, copy),
      model,
    })),
    chassis: copies(file.chassis, (component, { enable, powerGood, standbyGood, faults, model }, copy) => ({
      component,
      enable: wire(enable, copy),
      powerGood: wire(powerGood, copy),
      standbyGood: standbyGood === undefined ? undefined : wire(standbyGood, copy),
      faults: faultLines(faults, copy),
      model,
    })),
    hosts: copies(
      file.hosts,
      (component, { chassis, powerButton, resetButton, powerGood, panel, faults, model }, copy) => ({
        component,
        chassis: componentName(chassis),
        powerButton: button(powerButton, copy),
        resetButton: resetButton === undefined ? undefined : button(resetButton, copy),
        powerGood: wire(powerGood, copy),
        panel: panel && {
          wired: panel.wired,
          powerButton: panel.powerButton && wire(panel.powerButton, copy),
          resetButton: panel.resetButton && wire(panel.resetButton, copy),
        },
        faults: faultLines(faults, copy),
        model,
      }),
    ),
  };
}

function copies<T extends { readonly template: { readonly count: number } }, R>(
  given: Readonly<Record<string, T>>,
  make: (component: ComponentName, part: T, copy: number) => R,
): R[] {
  return Object.entries(given).flatMap(([name, part]) =>
    Array.from({ length: part.template.count }, (_, copy) =>
      make(componentName(numbered(name, ".", copy)), part, copy),
    ),
  );
}

/** The name with `copy` added to the number at its end; a name without a number stays, and is found to be double. */
function numbered(name: string, separator: "-" | ".", copy: number): string {
  const at = name.lastIndexOf(separator);
  const number = name.slice(at + 1);
  return at === -1 || !/^\d+$/.test(number) ? name : `${name.slice(0, at + 1)}${Number(number) + copy}`;
}

/** A snapshot of the board must fit one frame of 64 KiB. */
const maximumLines = 256;

/** What each key alone can't show. */
function contradictions(config: BoardConfig): string[] {
  const problems: string[] = [];
  const twice = (names: readonly string[], fix: string): void => {
    for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index))) {
      problems.push(`"${name}" is there twice; ${fix}`);
    }
  };
  twice(
    lineDefinitions(config).map(({ name }) => name),
    "give each use its own line (with template, end every line's name in -<number>)",
  );
  twice(
    [...config.bmcs, ...config.chassis, ...config.hosts].map(({ component }) => component),
    "templates overlap: begin the second one after the last copy of the first",
  );
  const lines = lineDefinitions(config).length;
  if (lines > maximumLines) problems.push(`it has ${lines} lines; a board has at most ${maximumLines}`);
  const known = config.chassis.map(({ component }) => component);
  for (const { component, chassis, model, powerButton } of config.hosts) {
    if (!known.includes(chassis)) {
      problems.push(`hosts.${component}.chassis: "${chassis}" is not on the board; name one of ${known.join(", ")}`);
    }
    if (model.forceThreshold <= model.minimumPulse) {
      problems.push(
        `hosts.${component}.model.forceThreshold: ${model.forceThreshold}ms does not exceed minimumPulse ${model.minimumPulse}ms; a hold must be longer than a press`,
      );
    }
    if (powerButton.assertLimit <= model.forceThreshold) {
      problems.push(
        `hosts.${component}.powerButton.assertLimit: ${powerButton.assertLimit}ms does not exceed forceThreshold ${model.forceThreshold}ms; a force off needs longer`,
      );
    }
  }
  return problems;
}

function refusal(file: string, problems: readonly string[], remedy?: string, cause?: unknown): BusbarError {
  return new BusbarError("INVALID_ARGUMENT", problems.map((problem) => `${file}: ${problem}`).join("\n"), {
    component: file,
    reason: "board-file",
    remedy: remedy ?? "correct what the message lists",
    cause,
  });
}
