import { asBusbarError, BusbarError } from "@busbar/contracts";
import type { Edge, GpioChip, GpioLine, LineRequest } from "@busbar/hardware";
import type { LineDefinition } from "@busbar/platform";

/** Between attempts to get a line that is missing or lost. */
const retryMs = 200;

/** Where lines of a chip are taken; a new chip object after each loss. */
export type ChipSource = () => Promise<GpioChip>;

/**
 * One line, held for as long as the daemon runs: taken again when its chip comes back. A momentary line is released by
 * that, because taking it drives it inactive.
 */
export class HeldLine {
  readonly name: string;
  #source: ChipSource;
  #definition: LineDefinition;
  #line: GpioLine | undefined;
  #missing: string;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;
  #first: Promise<void>;
  #changes = new Set<() => void>();
  #edges = new Set<(edge: Edge) => void>();

  constructor(definition: LineDefinition, source: ChipSource) {
    this.name = definition.name;
    this.#definition = definition;
    this.#source = source;
    this.#missing = `line ${definition.name} has not been taken yet`;
    this.#first = this.#take();
  }

  /** Resolves after the first attempt to take it, whatever came of that. */
  get tried(): Promise<void> {
    return this.#first;
  }

  /** Why it can't be used; undefined when it can. */
  get missing(): string | undefined {
    return this.#line ? undefined : this.#missing;
  }

  /** @throws BusbarError HARDWARE_UNAVAILABLE */
  use(): GpioLine {
    if (this.#line) return this.#line;
    throw new BusbarError("HARDWARE_UNAVAILABLE", this.#missing, {
      component: this.name,
      reason: "line-missing",
      remedy: "check that the board has this line and that nothing else holds it",
    });
  }

  /** Called when the line is taken or lost. */
  onAvailability(listener: () => void): () => void {
    this.#changes.add(listener);
    return () => this.#changes.delete(listener);
  }

  onEdge(listener: (edge: Edge) => void): () => void {
    this.#edges.add(listener);
    return () => this.#edges.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#first;
    await this.#line?.release();
  }

  async #take(): Promise<void> {
    try {
      const chip = await this.#source();
      const line = await chip.request(this.name, requestFor(this.#definition));
      if (this.#closed) return await line.release();
      line.onLost((reason) => this.#lose(reason.message));
      if (this.#definition.direction === "input") line.onEdge((edge) => this.#emit(edge));
      this.#line = line;
      this.#changed();
    } catch (error) {
      this.#missing = asBusbarError(error).message;
      this.#again();
    }
  }

  #lose(reason: string): void {
    this.#line = undefined;
    this.#missing = reason;
    this.#changed();
    this.#again();
  }

  #again(): void {
    if (!this.#closed) this.#retry = setTimeout(() => void this.#take(), retryMs);
  }

  #emit(edge: Edge): void {
    for (const listener of this.#edges) listener(edge);
  }

  #changed(): void {
    for (const listener of this.#changes) listener();
  }
}

/** The platform's definition holds more than a request may. */
function requestFor(line: LineDefinition): LineRequest {
  const { active } = line;
  if (line.direction === "output") return { direction: "output", output: line.output, active };
  return { direction: "input", active, ...(line.bias && { bias: line.bias }), debounce: line.debounce };
}
