import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { documentedCommands } from "./documented-commands.ts";
import { temporaryDirectory } from "./our-processes.ts";
import { repository } from "./platform-files.ts";

// Every command line of docs/backends.md, in the order of the page, with the page's own platform file.

const page = readFileSync(join(repository(), "docs", "backends.md"), "utf8");
const board = temporaryDirectory();
mkdirSync(board, { recursive: true });
const [, platform = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
writeFileSync(join(board, "platform.yaml"), platform);

const commands = documentedCommands(page);

test("the page has command lines", () => {
  expect(commands.length).toBeGreaterThan(4);
});

test.each(commands.map((command) => [command.text, command] as const))("%s", async (_, { text, output }) => {
  // As in a terminal of one's own: the inner vitest must not take itself for a part of this one.
  const own = Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_OPTIONS|TEST$)/.test(name));
  const { stdout } = await promisify(execFile)("bash", ["-c", text], {
    cwd: repository(),
    env: { ...Object.fromEntries(own), BOARD: board },
  });
  for (const line of output.split("\n")) expect(stdout).toContain(line.trim());
});

test("what was shipped is a backend", async () => {
  const file = join(board, "node_modules", "@acme", "pdu-outlet", "index.mjs");
  const { default: backend } = await import(/* @vite-ignore */ pathToFileURL(file).href);
  expect(backend).toMatchObject({ apiVersion: 1, name: "pdu-outlet" });
  expect(backend.parseOptions({ url: "http://pdu.example", outlet: 3, tokenFile: "t" })).toMatchObject({ outlet: 3 });
});
