import type { Bus } from "@busbar/bus";
import type { BoardController } from "@busbar/hardware";
import { type OutputFormat, Printer } from "./output/printer.ts";
import { mayColour, type Paint, painted, unpainted } from "./output/style.ts";
import type { Screen, Surroundings } from "./surroundings.ts";
import { withBoard, withBus } from "./system/connect.ts";
import { type FoundSystem, findSystem } from "./system/find-system.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  readonly output: OutputFormat;
  /** False: --no-color. */
  readonly color: boolean;
  readonly natsUrl?: string;
  readonly dataDir?: string;
}

/** What a command works with: the system it was pointed at, and where its result goes. */
export class Context {
  readonly surroundings: Surroundings;
  readonly printer: Printer;
  readonly #options: GlobalOptions;

  constructor(surroundings: Surroundings, options: GlobalOptions) {
    this.surroundings = surroundings;
    this.#options = options;
    this.printer = new Printer(surroundings.stdout, options.output, this.paintFor(surroundings.stdout));
  }

  get format(): OutputFormat {
    return this.#options.output;
  }

  paintFor({ isTerminal }: Screen): Paint {
    const { env } = this.surroundings;
    return mayColour({ isTerminal, wanted: this.#options.color, env }) ? painted : unpainted;
  }

  /** A word beside the result, for people: stderr of the json format is for errors alone. */
  note(text: string): void {
    if (this.format === "table") this.surroundings.stderr.write(`${text}\n`);
  }

  bus<T>(work: (bus: Bus) => Promise<T>): Promise<T> {
    return withBus(this.#system(), work);
  }

  board<T>(work: (board: BoardController) => Promise<T>): Promise<T> {
    return withBoard(this.#system(), work);
  }

  #system(): FoundSystem {
    const { env, cwd, root } = this.surroundings;
    const { natsUrl, dataDir } = this.#options;
    return findSystem({ flags: { natsUrl, dataDir }, env, cwd, root });
  }
}
