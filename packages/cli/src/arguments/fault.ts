import { type ComponentName, isComponentName, type Milliseconds } from "@busbar/contracts";
import type { Fault, FaultKind, WireLevel } from "@busbar/hardware";
import { InvalidArgumentError } from "commander";
import { pulse } from "./duration.ts";

/** How a fault of the board is written: `power-good-stuck host.0 low`. */
interface FaultRow<K extends FaultKind> {
  /** What follows the kind. */
  readonly takes: string;
  make(target: string, value: string | undefined): Extract<Fault, { kind: K }>;
}

const target = "<component>";

const rows: { readonly [K in FaultKind]: FaultRow<K> } = {
  "power-good-stuck": {
    takes: `${target} <low|high>`,
    make: (name, value) => ({ kind: "power-good-stuck", component: onComponent(name), level: wireLevel(value) }),
  },
  "power-good-slow": {
    takes: `${target} <delay>`,
    make: (name, value) => ({ kind: "power-good-slow", component: onComponent(name), delay: time(value) }),
  },
  "power-good-glitch": {
    takes: `${target} <duration>`,
    make: (name, value) => ({ kind: "power-good-glitch", component: onComponent(name), duration: time(value) }),
  },
  "button-dead": bare("button-dead"),
  "os-ignores-button": bare("os-ignores-button"),
  "reset-dead": bare("reset-dead"),
  "boot-hang": bare("boot-hang"),
  "line-missing": {
    takes: "<line>",
    make: (line, value) => ({ kind: "line-missing", line: none(value, line) }),
  },
  "line-stuck": {
    takes: "<line> <low|high>",
    make: (line, value) => ({ kind: "line-stuck", line, level: wireLevel(value) }),
  },
  trip: bare("trip"),
  "os-poweroff": bare("os-poweroff"),
};

type BareKind = "button-dead" | "os-ignores-button" | "reset-dead" | "boot-hang" | "trip" | "os-poweroff";

/** A fault of a component that needs no more said. */
function bare<K extends BareKind>(kind: K) {
  return {
    takes: target,
    make: (name: string, value: string | undefined) => ({ kind, component: none(value, onComponent(name)) }),
  };
}

/** Every kind with what follows it, for help and completion. */
export const faultForms: ReadonlyMap<FaultKind, string> = new Map(
  Object.entries(rows).map(([kind, { takes }]) => [kind as FaultKind, takes]),
);

/** @throws InvalidArgumentError with the form that the kind has */
export function fault(kind: FaultKind, of: string, value: string | undefined): Fault {
  const { takes, make } = rows[kind];
  try {
    return make(of, value);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidArgumentError(`${error.message} Write ${kind} ${takes}.`);
  }
}

function onComponent(text: string): ComponentName {
  if (isComponentName(text)) return text;
  throw new InvalidArgumentError(`"${text}" is not the name of a component.`);
}

function wireLevel(text: string | undefined): WireLevel {
  if (text === "low" || text === "high") return text;
  throw new InvalidArgumentError(text === undefined ? "The level is missing." : `"${text}" is not a level.`);
}

function time(text: string | undefined): Milliseconds {
  if (text !== undefined) return pulse(text);
  throw new InvalidArgumentError("The time is missing.");
}

function none<T>(value: string | undefined, rest: T): T {
  if (value === undefined) return rest;
  throw new InvalidArgumentError(`"${value}" is too much.`);
}
