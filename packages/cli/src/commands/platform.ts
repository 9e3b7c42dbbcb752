import { resolve } from "node:path";
import { BusbarError } from "@busbar/contracts";
import { loadPlatform, type Platform } from "@busbar/platform";
import type { Command } from "commander";
import type { Start } from "./start.ts";

export function addPlatformCommands(parent: Command, start: Start): void {
  parent
    .command("platform")
    .description("platform files")
    .command("check")
    .description("read a platform file as powermgr would, and list everything that is wrong with it")
    .argument("<file>", "for instance platforms/simulated/platform.yaml")
    .action((file: string, _options: object, command: Command) =>
      start(command, async ({ printer, surroundings }) => {
        const checked = check(
          () => loadPlatform(resolve(surroundings.cwd, file)),
          resolve(surroundings.cwd, file),
          file,
        );
        printer.show({ json: checked, lines: () => linesOf(checked) });
        if (!checked.valid) throw refused(file, checked.problems.length);
      }),
    );
}

type Checked = ReturnType<typeof check>;
interface Problem {
  /** Keys from the top of the file, joined with dots. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** @throws BusbarError for a file that can't even be read */
function check(load: () => Platform, path: string, file: string) {
  try {
    const { name, domains } = load();
    return { file, valid: true as const, platform: name, domains: [...domains.keys()], problems: [] };
  } catch (error) {
    if (!(error instanceof BusbarError) || error.code !== "INVALID_ARGUMENT") throw error;
    return { file, valid: false as const, platform: null, domains: [], problems: problemsIn(error, path) };
  }
}

/** The loader's `details` hold a line `file:line:column: path: what; fix` for each place, by its path. */
const problemsIn = ({ details }: BusbarError, path: string): Problem[] =>
  Object.entries(details).map(([key, text]) => {
    const [, line, column, message = text] = /^:(\d+):(\d+): (.*)$/s.exec(text.slice(path.length)) ?? [];
    return { path: key, line: Number(line ?? 1), column: Number(column ?? 1), message };
  });

const accepted = ({ file, platform, domains }: Checked): string =>
  `${file}: platform ${platform} with ${domains.join(", ")}; nothing is wrong with it`;

const refused = (file: string, count: number): BusbarError =>
  new BusbarError("INVALID_ARGUMENT", `${file} has ${count === 1 ? "a problem" : `${count} problems`}`, {
    component: file,
    reason: "platform-file",
    remedy: count === 1 ? "correct it" : "correct them all",
  });

const linesOf = (checked: Checked): string[] =>
  checked.valid
    ? [accepted(checked)]
    : checked.problems.map(({ line, column, message }) => `${checked.file}:${line}:${column}: ${message}`);
