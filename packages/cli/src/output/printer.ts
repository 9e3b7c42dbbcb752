import type { Screen } from "../surroundings.ts";
import type { Paint } from "./style.ts";

export const outputFormats = ["table", "json"] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** A result in both of its forms. */
export interface Shown {
  /** A documented shape (docs/cli.md). */
  readonly json: unknown;
  /** For people. */
  lines(paint: Paint): readonly string[];
}

export class Printer {
  readonly format: OutputFormat;
  readonly paint: Paint;
  readonly #stdout: Screen;

  constructor(stdout: Screen, format: OutputFormat, paint: Paint) {
    this.#stdout = stdout;
    this.format = format;
    this.paint = paint;
  }

  /** The result of a command: one JSON document. */
  show({ json, lines }: Shown): void {
    if (this.format === "json") this.#stdout.write(`${JSON.stringify(json, null, 2)}\n`);
    else this.#lines(lines(this.paint));
  }

  /** One of an endless row of results: one JSON document per line. */
  record({ json, lines }: Shown): void {
    if (this.format === "json") this.#stdout.write(`${JSON.stringify(json)}\n`);
    else this.#lines(lines(this.paint));
  }

  #lines(lines: readonly string[]): void {
    for (const line of lines) this.#stdout.write(`${line}\n`);
  }
}
