import type { Paint } from "../output/style.ts";
import type { Screen } from "../surroundings.ts";

/** ECMA-48: carriage return, erase in line. */
const eraseLine = "\r\u001b[2K";

/** Lines that tell how an operation goes; on a terminal the last one is what goes on now, written over and over. */
export class Progress {
  readonly #screen: Screen | undefined;
  readonly #paint: Paint;
  readonly #startedAt: number;
  #hasLive = false;

  /** Without a screen nothing is shown. */
  constructor(screen: Screen | undefined, paint: Paint, startedAt: number) {
    this.#screen = screen;
    this.#paint = paint;
    this.#startedAt = startedAt;
  }

  tell(component: string, text: string): void {
    this.clear();
    this.#screen?.write(`${this.#line(component, text)}\n`);
  }

  live(component: string, text: string): void {
    if (!this.#screen?.isTerminal) return;
    this.#screen.write(`${eraseLine}${this.#paint("quiet", `${this.#line(component, text)} …`)}`);
    this.#hasLive = true;
  }

  clear(): void {
    if (this.#hasLive) this.#screen?.write(eraseLine);
    this.#hasLive = false;
  }

  #line(component: string, text: string): string {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1);
    return `${seconds.padStart(6)} s  ${component.padEnd(9)}  ${text}`;
  }
}
