import type { Log } from "./log.ts";

export type StopStep = () => void | Promise<void>;

/** What has to be undone at the end, the last thing first. */
export class StopSteps {
  readonly #steps: { readonly name: string; readonly stop: StopStep }[] = [];

  add(name: string, stop: StopStep): void {
    this.#steps.push({ name, stop });
  }

  /** Runs every step, also after one that failed. @returns the names of those that failed */
  async run(log: Log): Promise<readonly string[]> {
    const failed: string[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.stop();
      } catch (err) {
        failed.push(step.name);
        log.error({ err, step: step.name }, "a step of the stop failed");
      }
    }
    return failed;
  }
}
