import type { Setting } from "./budget.ts";
import type { Round } from "./rounds.ts";

/** What a measuring process is started with. */
export interface Task {
  /** Index in the list of budgets. */
  readonly budget: number;
  readonly setting: Setting;
  readonly rounds: number;
  readonly samples: number;
}

export const encodeTask = (task: Task): string => JSON.stringify(task);

/** Both ends are of one build. */
export const decodeTask = (text: string): Task => JSON.parse(text);

/** @throws what the measuring process failed with */
export function decodeRounds(message: unknown): readonly Round[] {
  if (typeof message === "object" && message !== null) {
    if ("rounds" in message && Array.isArray(message.rounds) && message.rounds.length > 0) return message.rounds;
    if ("failed" in message) throw new Error(String(message.failed));
  }
  throw new Error(`no rounds came but ${JSON.stringify(message)}`);
}
