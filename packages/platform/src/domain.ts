import { type ComponentKind, type ComponentName, kindOf, type Milliseconds } from "@busbar/contracts";
import { type ButtonInputs, defineInputs } from "./button-inputs.ts";
import { type Control, defineModule, type ModuleBackend } from "./module-backend.ts";
import type { Path, Problems } from "./problems.ts";
import type { DomainSpec } from "./schema.ts";
import { checkSequenceTime, defineSequence, type SequenceStep } from "./sequence.ts";
import { pause, type TimingKey } from "./timing.ts";
import { completeTimings } from "./timing-rules.ts";

/** How long the lines of a button backend are asserted. */
export interface ButtonPulse {
  readonly press: Milliseconds;
  readonly reset: Milliseconds;
  readonly forceHold: Milliseconds;
  /** The board may take an assertion from here on for a force off. */
  readonly forceThreshold: Milliseconds;
}

/** Buttons, each a momentary line. */
export interface ButtonBackend {
  readonly type: "gpio-buttons";
  readonly powerButton: string;
  /** Without one the domain can't be reset. */
  readonly resetButton: string | undefined;
  /** Without one a force off holds the power button. */
  readonly forceOff: string | undefined;
  readonly pulse: ButtonPulse;
}

/** A rail switched by a latched line. */
export interface RailBackend {
  readonly type: "gpio-rail";
  readonly enable: string;
}

/** The BMC's own reset: asked of systemd, or by a momentary line that resets the BMC from outside. */
export interface SystemBackend {
  readonly type: "system";
  readonly reset:
    | { readonly by: "systemd" }
    | { readonly by: "line"; readonly line: string; readonly pulse: Milliseconds };
}

/** What powermgr's registry of backends is keyed on. */
export type DomainBackend = ButtonBackend | RailBackend | SystemBackend | ModuleBackend;

/** How a power domain is switched, whatever it is switched by. */
export function controlOf(backend: PowerDomain["backend"]): Control {
  switch (backend.type) {
    case "gpio-rail":
      return "rail";
    case "gpio-buttons":
      return "buttons";
    case "module":
      return backend.control;
    default:
      return backend satisfies never;
  }
}

export interface PowerGood {
  readonly require: "all" | "any";
  /** Input lines, at least one; none where the domain's module senses power itself. */
  readonly lines: readonly string[];
}

/** Something that is switched on and off. */
export interface PowerDomain {
  readonly kind: Exclude<ComponentKind, "bmc">;
  readonly name: ComponentName;
  readonly backend: ButtonBackend | RailBackend | ModuleBackend;
  readonly powerGood: PowerGood;
  readonly dependsOn: readonly ComponentName[];
  /** What is waited for; how long lines are asserted belongs to the backend. */
  readonly timing: {
    /** From press or switch until power-good shows it. */
    readonly powerGood: Milliseconds;
    readonly minimumOff: Milliseconds;
    /** For the operating system to shut down (buttons only). */
    readonly gracefulOff: Milliseconds;
    /** From start to verified end of an action other than graceful off. */
    readonly operation: Milliseconds;
  };
  /** Pauses after this domain's step, before the next one of the plan, and steps beside its own. */
  readonly sequence: {
    readonly onDelay: Milliseconds;
    readonly offDelay: Milliseconds;
    readonly beforeOn?: readonly SequenceStep[];
    readonly afterOff?: readonly SequenceStep[];
  };
  /** Input lines that must all be active before a power-on; absent where nothing shows standby power. */
  readonly standbyGood?: readonly string[];
  readonly inputs?: ButtonInputs;
  /** Input lines by the name of the fault that they show. */
  readonly faults?: Readonly<Record<string, string>>;
}

/** The BMC itself: always powered, can only be reset. */
export interface ControllerDomain {
  readonly kind: "bmc";
  readonly name: ComponentName;
  readonly backend: SystemBackend;
  readonly timing: { readonly operation: Milliseconds };
}

export type Domain = PowerDomain | ControllerDomain;

/** A domain and the name under which the file has it: a copy has its template's. */
export interface WrittenDomain {
  readonly domain: Domain;
  readonly writtenAs: ComponentName;
}

/** The domain that the file describes, or undefined where a problem leaves none. */
export function defineDomain(name: ComponentName, spec: DomainSpec, problems: Problems): Domain | undefined {
  const kind = kindOf(name);
  return kind === "bmc" ? defineController(name, spec, problems) : definePower(name, kind, spec, problems);
}

function definePower(
  name: ComponentName,
  kind: PowerDomain["kind"],
  spec: DomainSpec,
  problems: Problems,
): PowerDomain | undefined {
  const path = ["domains", name];
  if (spec.backend.system !== undefined) {
    const fix = "write backend: { gpio: … }";
    problems.add([...path, "backend", "system"], `system resets the BMC itself, not a ${kind}`, fix, "key");
  }
  const inputs = defineInputs(spec, path, problems);
  const module = defineModule(spec, path, problems);
  const namesModule = spec.backend.module !== undefined || problems.isSuspect([...path, "backend", "module"]);
  const powerGood =
    spec.powerGood === undefined && namesModule
      ? sensedByModule
      : definePowerGood(spec.powerGood, [...path, "powerGood"], problems);
  const switched =
    spec.backend.module === undefined ? gpioLines(spec.backend.gpio, [...path, "backend", "gpio"], problems) : module;
  if (switched === undefined) return undefined;

  const sequence = defineSequence(spec, [...path, "sequence"], problems);
  const { press, reset, forceHold, forceThreshold, ...timing } = completeTimings(
    [...path, "timing"],
    spec.timing ?? {},
    effectiveTimings(switched),
    problems,
  );
  checkSequenceTime(sequence, timing, path, problems);
  if (powerGood === undefined) return undefined;
  return {
    kind,
    name,
    backend:
      switched.type === "gpio-buttons" ? { ...switched, pulse: { press, reset, forceHold, forceThreshold } } : switched,
    powerGood,
    dependsOn: spec.dependsOn ?? [],
    timing,
    sequence: {
      onDelay: spec.sequence?.onDelay ?? pause.usual,
      offDelay: spec.sequence?.offDelay ?? pause.usual,
      ...sequence,
    },
    ...(spec.standbyGood && { standbyGood: spec.standbyGood.all }),
    ...(inputs && { inputs }),
    ...(spec.faults && { faults: spec.faults }),
  };
}

type GpioLines = RailBackend | Omit<ButtonBackend, "pulse">;

/** A gpio backend is a rail or a set of buttons, by the lines it names. */
function gpioLines(spec: DomainSpec["backend"]["gpio"], path: Path, problems: Problems): GpioLines | undefined {
  const { powerButton, resetButton, forceOff, enable } = spec ?? {};
  if (enable !== undefined) {
    for (const [key, line] of Object.entries({ powerButton, resetButton, forceOff })) {
      if (line === undefined) continue;
      const fix = "keep the buttons or enable; a rail that feeds a host is a chassis for it to depend on";
      problems.add([...path, key], `"${line}" is a button of a domain that enable switches`, fix, "key");
    }
    return { type: "gpio-rail", enable };
  }
  if (powerButton !== undefined) return { type: "gpio-buttons", powerButton, resetButton, forceOff };
  if (!problems.isSuspect(path.slice(0, -1))) {
    const fix = "write gpio: { powerButton: <line> } for buttons or gpio: { enable: <line> } for a rail";
    problems.add(path, "names no line that switches power", fix, "key");
  }
  return undefined;
}

function effectiveTimings(lines: GpioLines | ModuleBackend): readonly TimingKey[] {
  const always = ["powerGood", "minimumOff", "operation"] as const;
  if (lines.type === "gpio-rail") return always;
  // How long a module asserts its outputs is among its options.
  if (lines.type === "module") return lines.control === "rail" ? always : [...always, "gracefulOff"];
  const buttons = [...always, "press", "forceHold", "forceThreshold", "gracefulOff"] as const;
  return lines.resetButton === undefined ? buttons : [...buttons, "reset"];
}

const sensedByModule: PowerGood = { require: "all", lines: [] };

function definePowerGood(spec: DomainSpec["powerGood"], path: Path, problems: Problems): PowerGood | undefined {
  const fix = "write powerGood: { all: [<input lines>] } or { any: [<input lines>] }";
  const { all, any } = spec ?? {};
  if (all !== undefined && any !== undefined) {
    problems.add(path, "has both all and any", "keep one of the two", "key");
    return undefined;
  }
  if (all !== undefined) return { require: "all", lines: all };
  if (any !== undefined) return { require: "any", lines: any };
  if (!problems.isSuspect(path)) {
    problems.add(path, "names no line: without one nothing shows whether there is power", fix, "key");
  }
  return undefined;
}

function defineController(name: ComponentName, spec: DomainSpec, problems: Problems): ControllerDomain | undefined {
  const path = ["domains", name];
  const switchedOnly = ["powerGood", "standbyGood", "inputs", "faults", "dependsOn", "sequence", "template"] as const;
  for (const key of switchedOnly) {
    if (spec[key] === undefined) continue;
    problems.add([...path, key], `"${key}" is for what is switched; a BMC is only reset`, "remove it", "key");
  }
  const { system, gpio, module } = spec.backend;
  if (module !== undefined) {
    const fix = "write backend: { system: systemd } or { system: { resetLine: <line> } }";
    problems.add([...path, "backend", "module"], "a module switches power, and a BMC is only reset", fix, "key");
  }
  if (gpio !== undefined) {
    const fix = "write backend: { system: systemd } or { system: { resetLine: <line> } }";
    problems.add([...path, "backend", "gpio"], "a BMC has no power lines of its own", fix, "key");
  }
  if (system === undefined) {
    const fix = "write system: systemd or system: { resetLine: <line> }";
    if (!problems.isSuspect([...path, "backend"])) {
      problems.add([...path, "backend"], "names no way to reset", fix, "key");
    }
    return undefined;
  }
  const effective = system === "systemd" ? (["operation"] as const) : (["reset", "operation"] as const);
  const time = completeTimings([...path, "timing"], spec.timing ?? {}, effective, problems);
  return {
    kind: "bmc",
    name,
    backend: {
      type: "system",
      reset: system === "systemd" ? { by: "systemd" } : { by: "line", line: system.resetLine, pulse: time.reset },
    },
    timing: { operation: time.operation },
  };
}
