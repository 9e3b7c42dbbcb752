import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** A process of the bench, in plain Node, that is asked over its channel and answers each question once. */
export class Child {
  readonly #process: ChildProcess;
  readonly #name: string;

  private constructor(name: string, process: ChildProcess) {
    this.#name = name;
    this.#process = process;
  }

  /** Resolves with its first message: it is ready. */
  static async start(program: string, args: readonly string[]): Promise<Child> {
    // execArgv is ours, and would bring tsx along.
    const child = new Child(
      program,
      fork(program, args, { execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] }),
    );
    await child.#answer();
    return child;
  }

  async ask(question: Readonly<Record<string, string | number>>): Promise<unknown> {
    const answer = this.#answer();
    this.#process.send(question);
    return answer;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    // It ends by itself when nobody is there to ask it; this is what happens too when we are killed.
    this.#process.disconnect();
    await ended;
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => {
        this.#process.off("message", onMessage);
        reject(new Error(`${this.#name} ended with ${code} before it answered`));
      };
      const onMessage = (message: unknown) => {
        this.#process.off("exit", onExit);
        resolve(message);
      };
      this.#process.once("exit", onExit);
      this.#process.once("message", onMessage);
    });
  }
}
