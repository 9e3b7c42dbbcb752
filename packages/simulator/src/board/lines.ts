import { BusbarError, type ComponentName, type Milliseconds } from "@busbar/contracts";
import type { BoardSnapshot, Edge, Level, LineRequest, Polarity, WireLevel } from "@busbar/hardware";
import { after } from "./clock.ts";
import { earliest, type Timed } from "./timed.ts";

/** `button`: the BMC and the front panel pull it together. `rail-enable`: only the BMC drives it. `sense`: the plant. */
export type LineRole = "button" | "rail-enable" | "sense";

export interface LineDefinition {
  readonly name: string;
  readonly role: LineRole;
  readonly component: ComponentName;
  /** The wire level that the circuit behind it takes as active, whatever a client claims. */
  readonly active: Polarity;
  /** The level that the board's pull gives it while nobody drives it. */
  readonly idle: WireLevel;
}

/** Whoever can hold lines: a connection. */
export interface LineOwner {
  readonly name: string;
  edge(line: string, edge: Edge): void;
  lost(line: string, reason: string): void;
}

export interface WireChange {
  readonly line: LineDefinition;
  readonly wire: WireLevel;
  readonly isAsserted: boolean;
  readonly by: string;
  readonly at: Milliseconds;
}

/** An edge's author when it is no client. Clients can't take these names. */
export const plant = "plant";
export const panel = "panel";
export const reservedNames: readonly string[] = [plant, panel];

interface Hold {
  readonly owner: LineOwner;
  readonly request: LineRequest;
  /** Debounced level; equal to the wire's for lines without debounce. */
  level: Level;
  settleDue: Milliseconds | undefined;
  sequence: number;
}

interface Line {
  readonly definition: LineDefinition;
  /** What the BMC's pin drives; undefined while it is an input or was never touched. */
  driven: WireLevel | undefined;
  isPressed: boolean;
  sensed: WireLevel;
  stuck: WireLevel | undefined;
  isMissing: boolean;
  wire: WireLevel;
  hold: Hold | undefined;
}

export const flipped = (wire: WireLevel): WireLevel => (wire === "high" ? "low" : "high");
const levelOf = (wire: WireLevel, active: Polarity): Level => (wire === active ? 1 : 0);
const wireOf = (level: Level, active: Polarity): WireLevel => (level === 1 ? active : flipped(active));

/** The wires between the BMC's pins, the front panel and the plant, and who holds which pin. */
export class Lines implements Timed {
  readonly #lines: ReadonlyMap<string, Line>;
  readonly #changed: (change: WireChange) => void;

  constructor(definitions: Iterable<LineDefinition>, changed: (change: WireChange) => void) {
    const line = (definition: LineDefinition): Line => ({
      definition,
      driven: undefined,
      isPressed: false,
      sensed: definition.idle,
      stuck: undefined,
      isMissing: false,
      wire: definition.idle,
      hold: undefined,
    });
    this.#lines = new Map([...definitions].map((definition) => [definition.name, line(definition)]));
    this.#changed = changed;
  }

  get deadline(): Milliseconds | undefined {
    return earliest([...this.#lines.values()].map((line) => line.hold?.settleDue));
  }

  advance(now: Milliseconds): void {
    for (const line of this.#lines.values()) {
      const due = line.hold?.settleDue;
      if (line.hold === undefined || due === undefined || due > now) continue;
      line.hold.settleDue = undefined;
      this.#report(line, line.hold, due);
    }
  }

  state(): BoardSnapshot["lines"] {
    return [...this.#lines.values()].map(({ definition: { name, role, active }, wire, hold }) => ({
      line: name,
      role,
      wire,
      asserted: wire === active,
      ...(hold === undefined ? {} : { holder: hold.owner.name }),
    }));
  }

  find(name: string): LineDefinition | undefined {
    return this.#lines.get(name)?.definition;
  }

  request(owner: LineOwner, name: string, request: LineRequest, at: Milliseconds): void {
    const line = this.#present(name);
    if (line.hold !== undefined) {
      throw new BusbarError("HARDWARE_UNAVAILABLE", `${name} is held by ${line.hold.owner.name}`, {
        component: name,
        reason: "line-busy",
        remedy: `stop ${line.hold.owner.name}, or see who else uses the line`,
      });
    }
    if (request.direction === "output" && line.definition.role === "sense") {
      throw new BusbarError("HARDWARE_UNAVAILABLE", `${name} is driven by the board; an output would fight it`, {
        component: name,
        reason: "line-driven",
        remedy: "make it an input in the platform file",
      });
    }
    if (request.direction === "input") line.driven = undefined;
    else if (request.output === "momentary") line.driven = wireOf(0, request.active);
    else line.driven ??= line.wire;
    // The new holder sees only what happens from now on, so it is seated after the wire has followed.
    this.#settle(line, owner.name, at);
    line.hold = { owner, request, level: levelOf(line.wire, request.active), settleDue: undefined, sequence: 0 };
  }

  get(owner: LineOwner, name: string): Level {
    const { line, hold } = this.#held(owner, name);
    return hold.request.direction === "input" ? hold.level : levelOf(line.wire, hold.request.active);
  }

  set(owner: LineOwner, name: string, level: Level, at: Milliseconds): void {
    const { line, hold } = this.#held(owner, name);
    if (hold.request.direction === "input") {
      throw new BusbarError("FAILED_PRECONDITION", `${name} is an input and can't be set`, {
        component: name,
        reason: "line-misused",
        remedy: "request it as an output",
      });
    }
    line.driven = wireOf(level, hold.request.active);
    this.#settle(line, owner.name, at);
  }

  release(owner: LineOwner, name: string, at: Milliseconds): void {
    const { line, hold } = this.#held(owner, name);
    line.hold = undefined;
    if (hold.request.direction === "output" && hold.request.output === "momentary") {
      line.driven = wireOf(0, hold.request.active);
      this.#settle(line, owner.name, at);
    }
  }

  /** The owner died. Returns the lines it held. Pins keep what they drive, or fall back to the board's pull. */
  abandon(owner: LineOwner, onDisconnect: "keep" | "revert", at: Milliseconds): readonly string[] {
    const abandoned = [...this.#lines.values()].filter((line) => line.hold?.owner === owner);
    for (const line of abandoned) {
      line.hold = undefined;
      if (onDisconnect === "keep") continue;
      line.driven = undefined;
      this.#settle(line, owner.name, at);
    }
    return abandoned.map((line) => line.definition.name);
  }

  /** Takes a line from its holder, if it has one. Returns the holder. */
  takeAway(name: string, reason: string): string | undefined {
    const line = this.#lines.get(name);
    const hold = line?.hold;
    if (line === undefined || hold === undefined) return undefined;
    line.hold = undefined;
    hold.owner.lost(name, reason);
    return hold.owner.name;
  }

  /** The BMC's pins lose their supply: nothing is driven any more. */
  unpower(at: Milliseconds): void {
    for (const line of this.#lines.values()) {
      line.driven = undefined;
      this.#settle(line, plant, at);
    }
  }

  /** Drives every button inactive, in the polarity of the circuit. Returns those that the BMC had asserted. */
  releaseButtons(by: string, at: Milliseconds): readonly string[] {
    const released: string[] = [];
    for (const line of this.#lines.values()) {
      if (line.definition.role !== "button" || line.driven !== line.definition.active) continue;
      line.driven = flipped(line.definition.active);
      released.push(line.definition.name);
      this.#settle(line, by, at);
    }
    return released;
  }

  press(name: string, isPressed: boolean, at: Milliseconds): void {
    this.#plantSide(name, panel, at, (line) => {
      line.isPressed = isPressed;
    });
  }

  sense(name: string, wire: WireLevel, at: Milliseconds, by = plant): void {
    this.#plantSide(name, by, at, (line) => {
      line.sensed = wire;
    });
  }

  stick(name: string, wire: WireLevel | undefined, at: Milliseconds): void {
    this.#plantSide(name, plant, at, (line) => {
      line.stuck = wire;
    });
  }

  setMissing(name: string, isMissing: boolean): void {
    const line = this.#lines.get(name);
    if (line !== undefined) line.isMissing = isMissing;
  }

  #plantSide(name: string, by: string, at: Milliseconds, change: (line: Line) => void): void {
    const line = this.#lines.get(name);
    if (line === undefined) return;
    change(line);
    this.#settle(line, by, at);
  }

  #present(name: string): Line {
    const line = this.#lines.get(name);
    if (line !== undefined && !line.isMissing) return line;
    throw new BusbarError("HARDWARE_UNAVAILABLE", `${name}: the board has no such line`, {
      component: name,
      reason: "no-such-line",
      remedy: `compare the platform file with the board's lines: ${[...this.#lines.keys()].join(", ")}`,
    });
  }

  #held(owner: LineOwner, name: string): { readonly line: Line; readonly hold: Hold } {
    const line = this.#present(name);
    if (line.hold?.owner === owner) return { line, hold: line.hold };
    throw new BusbarError("HARDWARE_UNAVAILABLE", `${name} is not held by this connection`, {
      component: name,
      reason: "line-lost",
      remedy: "request the line anew and read it",
    });
  }

  #settle(line: Line, by: string, at: Milliseconds): void {
    const wire = line.stuck ?? effective(line);
    if (wire === line.wire) return;
    line.wire = wire;
    const { hold, definition } = line;
    this.#changed({ line: definition, wire, isAsserted: wire === definition.active, by, at });
    if (hold === undefined || hold.request.direction !== "input") return;
    const debounce = hold.request.debounce;
    // As the kernel's debouncer: every change starts the wait anew, and only a different level at its end is an edge.
    if (debounce === undefined || debounce === 0) this.#report(line, hold, at);
    else hold.settleDue = after(at, debounce);
  }

  #report(line: Line, hold: Hold, at: Milliseconds): void {
    const level = levelOf(line.wire, hold.request.active);
    if (level === hold.level) return;
    hold.level = level;
    hold.sequence += 1;
    hold.owner.edge(line.definition.name, { level, at, sequence: hold.sequence });
  }
}

function effective({ definition, driven, isPressed, sensed }: Line): WireLevel {
  if (definition.role === "sense") return sensed;
  if (isPressed) return definition.active;
  return driven ?? definition.idle;
}
