import { BusbarError } from "@busbar/contracts";
import type { Edge, GpioChip, GpioLine, Level, LineRequest } from "@busbar/hardware";

/** A wire of the toy chip, by its logical level. */
class Wire {
  level: Level = 0;
  holder: ToyLine | undefined;
  /** Not on the chip at the moment. */
  isMissing = false;
}

/** What was driven on a line, in order. */
export interface Driven {
  readonly line: string;
  readonly level: Level;
}

/** A GPIO chip whose far end a test holds: what is asserted is told to `onDrive`, which may drive inputs in turn. */
export class ToyChip implements GpioChip {
  readonly name = "toy";
  readonly driven: Driven[] = [];
  onDrive: (line: string, level: Level) => void = () => {};
  /** The next level that is driven reaches the wire, and the driver reports a failure all the same. */
  failsNextDrive = false;
  #wires = new Map<string, Wire>();

  async request(name: string, request: LineRequest): Promise<GpioLine> {
    const wire = this.wire(name);
    if (wire.isMissing || wire.holder) throw gone(name);
    const line = new ToyLine(name, wire, request, this);
    wire.holder = line;
    if (request.direction === "output" && request.output === "momentary") wire.level = 0;
    return line;
  }

  async close(): Promise<void> {}

  wire(name: string): Wire {
    const wire = this.#wires.get(name) ?? new Wire();
    this.#wires.set(name, wire);
    return wire;
  }

  /** From the far end. */
  drive(name: string, level: Level): void {
    const wire = this.wire(name);
    if (wire.level === level) return;
    wire.level = level;
    wire.holder?.edge(level);
  }

  lose(name: string): void {
    const wire = this.wire(name);
    wire.isMissing = true;
    const { holder } = wire;
    wire.holder = undefined;
    holder?.lose();
  }

  giveBack(name: string): void {
    this.wire(name).isMissing = false;
  }
}

class ToyLine implements GpioLine {
  readonly name: string;
  #wire: Wire;
  #request: LineRequest;
  #chip: ToyChip;
  #edges = new Set<(edge: Edge) => void>();
  #losses = new Set<(reason: Error) => void>();
  #sequence = 0;

  constructor(name: string, wire: Wire, request: LineRequest, chip: ToyChip) {
    this.name = name;
    this.#wire = wire;
    this.#request = request;
    this.#chip = chip;
  }

  async get(): Promise<Level> {
    this.#check();
    return this.#wire.level;
  }

  async set(level: Level): Promise<void> {
    this.#check();
    this.#wire.level = level;
    this.#chip.driven.push({ line: this.name, level });
    this.#chip.onDrive(this.name, level);
    if (!this.#chip.failsNextDrive) return;
    this.#chip.failsNextDrive = false;
    throw gone(this.name);
  }

  onEdge(listener: (edge: Edge) => void): () => void {
    this.#edges.add(listener);
    return () => this.#edges.delete(listener);
  }

  onLost(listener: (reason: Error) => void): () => void {
    this.#losses.add(listener);
    return () => this.#losses.delete(listener);
  }

  async release(): Promise<void> {
    if (this.#wire.holder !== this) return;
    if (this.#request.direction === "output" && this.#request.output === "momentary" && this.#wire.level === 1)
      await this.set(0);
    this.#wire.holder = undefined;
  }

  edge(level: Level): void {
    this.#sequence += 1;
    const edge = { level, at: performance.now() as Edge["at"], sequence: this.#sequence };
    for (const listener of this.#edges) listener(edge);
  }

  lose(): void {
    for (const listener of this.#losses) listener(gone(this.name));
  }

  #check(): void {
    if (this.#wire.holder !== this) throw gone(this.name);
  }
}

const gone = (line: string) =>
  new BusbarError("HARDWARE_UNAVAILABLE", `line ${line} is not there`, { component: line });
