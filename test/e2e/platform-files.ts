import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Replacement = readonly [find: string | RegExp, by: string];

/** Written in one place, so that a test that needs other times says only what differs. */
const quickPlatform: readonly Replacement[] = [
  ["minimumOff: 2s", "minimumOff: 1s"],
  ["onDelay: 2s, offDelay: 2s", "onDelay: 300ms, offDelay: 300ms"],
  ["minimumOff: 5s", "minimumOff: 1s"],
  [/maxConcurrentOperations: \d+ }/, "$&\n  sequencing: { startupDelay: 200ms, shutdownDelay: 200ms }"],
];
const quickBoard: readonly Replacement[] = [
  ["boot: 2s", "boot: 300ms"],
  ["gracefulShutdown: 1s", "gracefulShutdown: 300ms"],
  ["minimumOff: 5s", "minimumOff: 1s"],
];

export interface Changes {
  /** A directory of platforms/; simulated when absent. */
  readonly shipped?: string;
  readonly platform?: readonly Replacement[];
  readonly board?: readonly Replacement[];
}

/**
 * The simulated platform with shorter waits between its steps and with hosts that boot faster. Pulses, thresholds and
 * polarity are the shipped ones. @returns the path of platform.yaml, with board.yaml beside it
 */
export const quickPlatformIn = (directory: string, { platform = [], board = [], ...rest }: Changes = {}): string =>
  platformIn(directory, { platform: [...quickPlatform, ...platform], board: [...quickBoard, ...board], ...rest });

/** A platform that we ship, changed. */
export function platformIn(directory: string, { platform = [], board = [], shipped = "simulated" }: Changes): string {
  const files = join(repository(), "platforms", shipped);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "board.yaml"), changed(join(files, "board.yaml"), board));
  const path = join(directory, "platform.yaml");
  writeFileSync(path, changed(join(files, "platform.yaml"), platform));
  return path;
}

/** The checkout, as scripts/test-environment.mjs says. */
export function repository(): string {
  const root = process.env.BUSBAR_ROOT;
  if (root) return root;
  throw new Error("BUSBAR_ROOT is not set: run the tests with vitest from the root");
}

function changed(file: string, replacements: readonly Replacement[]): string {
  return replacements.reduce(
    (text, [find, by]) => {
      const next = text.replace(find, by);
      if (next === text) throw new Error(`${file} holds no ${find}: correct the test`);
      return next;
    },
    readFileSync(file, "utf8"),
  );
}
