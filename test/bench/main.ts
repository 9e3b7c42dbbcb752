import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asBusbarError, BusbarError } from "@busbar/contracts";
import type { Budget } from "./budget.ts";
import { budgets } from "./budgets.ts";
import { Child } from "./child.ts";
import { describeMachine } from "./machine.ts";
import { type BenchOptions, parseOptions, usage } from "./options.ts";
import { programPath } from "./program-path.ts";
import { bundlePrograms } from "./programs.ts";
import { tableOf } from "./report.ts";
import { type BenchSystem, startSystem } from "./systems.ts";
import { decodeRounds, encodeTask } from "./task.ts";
import { judge, type Result } from "./verdict.ts";

const write = (line: string) => process.stdout.write(`${line}\n`);

/** What the bootstrap hands over. */
function required(name: "BUSBAR_ROOT" | "BUSBAR_NATS_SERVER"): string {
  const value = process.env[name];
  if (value) return value;
  throw new BusbarError("FAILED_PRECONDITION", `${name} is not set`, { remedy: "start with npm run bench" });
}

/** Where one run keeps everything. In the checkout, because a temporary directory is often in memory and syncs nothing. */
interface Place {
  readonly root: string;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** @returns whether everything could be measured, whatever the figures are */
async function bench(options: BenchOptions, place: Place): Promise<boolean> {
  const { root, folder, signal } = place;
  const machine = await describeMachine();
  write(machine);
  await bundlePrograms(join(folder, "programs"));
  const results: Result[] = [];
  let isWhole = true;
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      isWhole = false;
      if (!signal.aborted) write(`${what}: FAILED: ${asBusbarError(error).message}`);
    }
  };
  for (const name of ["bench", "bare"] as const) {
    const wanted = budgets.filter(({ row, system }) => system === name && (options.only?.includes(row) ?? true));
    if (wanted.length === 0 || signal.aborted) continue;
    await attempt(`system ${name}`, async () => {
      const system = await startSystem(name, { root, natsServer: required("BUSBAR_NATS_SERVER"), folder, signal });
      for (const budget of wanted) {
        if (signal.aborted) break;
        await attempt(`${budget.row} ${budget.figure}`, async () => {
          const result = await measure(budget, system, options, place);
          results.push(result);
          write(`${result.row} ${result.figure}: ${result.verdict}, ${result.ratio.toFixed(2)} × ${result.floor}`);
        });
      }
      await system.stop();
    });
  }
  if (signal.aborted) return false;
  results.sort((a, b) => a.row - b.row);
  for (const line of ["", ...tableOf(results), "", machine]) write(line);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
  return isWhole;
}

async function measure(budget: Budget, system: BenchSystem, options: BenchOptions, place: Place): Promise<Result> {
  const { root, folder } = place;
  const index = budgets.indexOf(budget);
  const scratch = join(folder, `budget-${index}`);
  mkdirSync(scratch);
  const programs = join(folder, "programs");
  const { natsUrl, boardSocket, platform } = system;
  const task = encodeTask({
    budget: index,
    setting: { root, natsUrl, boardSocket, platform, scratch, programs },
    rounds: options.rounds,
    samples: options.quick ? budget.samples.quick : budget.samples.usual,
  });
  const child = await Child.start(programPath(programs, "measure"), [task]);
  const stop = () => void child.stop();
  place.signal.addEventListener("abort", stop, { once: true });
  try {
    return judge(budget, decodeRounds(await child.ask({})));
  } finally {
    place.signal.removeEventListener("abort", stop);
    await child.stop();
  }
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), [...new Set(budgets.map(({ row }) => row))]);
  if (options.help) {
    write(usage);
    return 0;
  }
  const root = required("BUSBAR_ROOT");
  const told = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => told.abort());
  mkdirSync(join(root, ".data"), { recursive: true });
  const folder = mkdtempSync(join(root, ".data", "bench-"));
  const isWhole = await bench(options, { root, folder, signal: told.signal });
  if (isWhole || told.signal.aborted) rmSync(folder, { recursive: true, force: true });
  else write(`the systems' logs are in ${folder}`);
  return isWhole ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (thrown) => {
    const error = asBusbarError(thrown);
    process.stderr.write(`${error.message}${error.remedy ? `; ${error.remedy}` : ""}\n`);
    process.exit(error.mapping.exit);
  },
);
