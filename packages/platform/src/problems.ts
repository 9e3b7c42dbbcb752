import { BusbarError } from "@busbar/contracts";

/** Where in the file: keys and list indices from the top. */
export type Path = readonly PropertyKey[];

/** A place in the text, counted from 1 as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly path: Path;
  /** What is wrong, with the value that is. */
  readonly what: string;
  readonly fix: string;
  /** What of the entry to point at, or the place itself where there is no path. */
  readonly at: "key" | "value" | Position;
}

/** Finds the text of a path: its key, its value, or what of the path there is. */
export type Locate = (path: Path, part: "key" | "value") => Position;

/** `domains.host.0.timing.press`; a key that would break the line is quoted. */
const spell = (path: Path): string =>
  path.map((step) => (/\p{C}/u.test(String(step)) ? JSON.stringify(step) : String(step))).join(".");

/** Collects everything that is wrong with one file, so that its author corrects it in one round. */
export class Problems {
  readonly #file: string;
  readonly #found = new Map<string, Problem>();
  readonly #doubted: Path[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  /** One problem per place: a second one is a consequence of the first, or shows again once that is corrected. */
  add(path: Path, what: string, fix: string, at: Problem["at"] = "value"): void {
    const key = typeof at === "object" ? `${at.line}:${at.column}` : spell(path) || "(file)";
    if (!this.#found.has(key)) this.#found.set(key, { path, what, fix, at });
  }

  /** The value that counts at `path` is unknown (its key is misspelt): what is read there proves nothing. */
  doubt(path: Path): void {
    this.#doubted.push(path);
  }

  /** True if something at, above or below `path` is already wrong: what follows from it should not be reported. */
  isSuspect(path: Path): boolean {
    const paths = [...this.#doubted, ...[...this.#found.values()].map((problem) => problem.path)];
    return paths.some((other) => path.every((step, depth) => depth >= other.length || step === other[depth]));
  }

  /** @throws BusbarError INVALID_ARGUMENT naming every problem in the order of the file; `details` has them by path. */
  throwIfAny(locate: Locate = () => ({ line: 1, column: 1 })): void {
    const placed = [...this.#found].map(([key, { path, what, fix, at }]) => {
      const { line, column } = typeof at === "object" ? at : locate(path, at);
      const subject = path.length === 0 ? what : `${spell(path)}: ${what}`;
      return { key, line, column, fix, text: `${this.#file}:${line}:${column}: ${subject}; ${fix}` };
    });
    placed.sort((a, b) => a.line - b.line || a.column - b.column);
    const [first, ...more] = placed;
    if (first === undefined) return;
    const heading = more.length === 0 ? [] : [`${this.#file} has ${placed.length} problems`];
    throw new BusbarError("INVALID_ARGUMENT", [...heading, ...placed.map(({ text }) => text)].join("\n"), {
      component: this.#file,
      reason: "platform-file",
      remedy: more.length === 0 ? first.fix : `correct the ${placed.length} places that the message lists`,
      details: Object.fromEntries(placed.map(({ key, text }) => [key, text])),
    });
  }
}
