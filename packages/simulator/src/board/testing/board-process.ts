import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A TypeScript file of this package as a process, its stdout line by line. */
export class TestProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #stderr = "";

  constructor(file: URL, args: readonly string[]) {
    this.#child = spawn(process.execPath, ["--import", "tsx", fileURLToPath(file), ...args], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#exit = once(this.#child, "exit").then(([code]) => code);
    this.#child.stderr?.on("data", (chunk) => {
      this.#stderr += chunk;
    });
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        this.#lines.push(line);
        for (const wake of this.#waiting) wake();
      });
    }
  }

  get stderr(): string {
    return this.#stderr;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The first line that contains `text`. Rejects if the process ends before. */
  line(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.#lines.find((line) => line.includes(text));
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
      void this.#exit.then((code) => {
        look();
        reject(new Error(`ended with ${code} before it said ${text}: ${this.#lines.join("\n")}${this.#stderr}`));
      });
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  exited(): Promise<number | null> {
    return this.#exit;
  }
}
