import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { endpoints, milliseconds } from "@busbar/contracts";
import { beforeAll, expect, test } from "vitest";
import { within } from "./bounded.ts";
import { CliProcess, cliProgram, runCli } from "./cli-process.ts";
import { type DocumentedCommand, documentedCommands } from "./documented-commands.ts";
import { repository } from "./platform-files.ts";
import { useSystem } from "./system.ts";

// Every command line of docs/cli.md, in the order of the page, in a shell as its reader has one: it ends as the page says,
// and what it prints has the shape that the page shows.

const system = useSystem({ expectedErrors: [/"msg":"emergency off"/] });
const page = readFileSync(join(repository(), "docs", "cli.md"), "utf8");
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

let binDirectory: string;

beforeAll(() => {
  binDirectory = join(system().dataDir, "bin");
  mkdirSync(binDirectory);
  const command = join(binDirectory, "busbar");
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${cliProgram()}' "$@"\n`);
  chmodSync(command, 0o755);
});

const environment = () => ({
  BUSBAR_DATA_DIR: system().dataDir,
  PATH: [binDirectory, process.env.PATH].join(delimiter),
});

/** `exec`, so that Ctrl-C reaches the command itself. */
const start = (text: string) =>
  new CliProcess("bash", ["-c", text.startsWith("busbar ") ? `exec ${text}` : text], { env: environment() });

const commands = documentedCommands(page);

test("the page has command lines", () => {
  expect(commands.length).toBeGreaterThan(40);
});

test.each(commands.map((command) => [command.text, command] as const))("%s", async (_, command) => {
  await settled();
  const text = command.text.replace(uuid, await newestOperation());
  if (text.includes("--follow")) return follow(text, command);
  const { exit, stdout, stderr } = await start(text).end();
  const refusal = command.output.split("\n").find((line) => /^busbar: |^\{"code"/.test(line));
  if (refusal !== undefined) {
    expect({ stdout, stderr }).toEqual({ stdout: "", stderr: `${refusal}\n` });
    expect(exit).not.toBe(0);
    return;
  }
  expect({ exit, stderr: exit === 0 ? "" : stderr }).toEqual({ exit: 0, stderr: "" });
  if (command.output.startsWith("{")) expectShape(JSON.parse(stdout), JSON.parse(command.output));
  else expectLines(`${stderr}${stdout}`, command.output);
});

/** Runs until all that the page shows of it has come. */
async function follow(text: string, { output }: DocumentedCommand): Promise<void> {
  const command = start(text);
  const first = await command.stdout.until("the first line", () => true);
  const shown = output === "" ? [] : output.trimEnd().split("\n");
  if (shown.length > 0) {
    expect(typeOf(first)).toBe("following");
    await system().done("host.1", "HOST_ACTION_FORCE_OFF");
  }
  for (const example of shown) {
    const come = await command.stdout.until(typeOf(example), (line) => typeOf(line) === typeOf(example));
    expectShape(JSON.parse(come), JSON.parse(example));
  }
  command.interrupt();
  expect((await command.end()).exit).toBe(130);
}

const typeOf = (line: string): string => JSON.parse(line).type;

/** Nothing is in progress, every running host hears its button, and what is off may go on. */
async function settled(): Promise<void> {
  await system().answers();
  await within("the end of what goes on", operationsEnded());
  await system().listens();
  await system().mayGoOn();
}

async function operationsEnded(): Promise<void> {
  for (;;) {
    const { stdout } = await runCli("operations list --active --output json", { env: environment() });
    if (JSON.parse(stdout).operations.length === 0) return;
  }
}

async function newestOperation(): Promise<string> {
  const { message } = await system().bus.request(
    endpoints.operationsList,
    { limit: 1 },
    { timeout: milliseconds(5_000) },
  );
  return message.operations[0]?.id ?? "";
}

/** The same fields, and in each a value of the same sort; lists hold what the example's first element is. */
function expectShape(actual: unknown, example: unknown): void {
  if (Array.isArray(example)) {
    if (!Array.isArray(actual)) throw new Error(`${JSON.stringify(actual)} is not a list`);
    if (example.length > 0) for (const each of actual) expectShape(each, example[0]);
    return;
  }
  if (isRecord(example)) {
    if (!isRecord(actual)) throw new Error(`${JSON.stringify(actual)} is not an object`);
    expect(Object.keys(actual)).toEqual(Object.keys(example));
    for (const [name, value] of Object.entries(example)) expectShape(actual[name], value);
    return;
  }
  // Null in one run may be text in another, and the other way round.
  if (actual !== null && example !== null) expect(typeof actual).toBe(typeof example);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Each line that the page shows comes, but for what differs from run to run: times, ids, users, widths. */
function expectLines(printed: string, shown: string): void {
  const lines = printed.split("\n").map(timeless);
  for (const line of shown.trimEnd().split("\n").map(timeless)) expect(lines).toContain(line);
}

const timeless = (line: string): string =>
  line
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "<time>")
    .replace(/\d+(?:\.\d+)? m?s\b/g, "<span>")
    .replace(uuid, "<id>")
    .replace(/ by \w+\)/g, " by <user>)")
    .replace(/ +/g, " ")
    .trim();
