import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { prepare } from "./prepare.mjs";
import { Refusal, runAsProgram } from "./refusal.mjs";
import { cache, root } from "./repository.mjs";
import { stages } from "./stages.mjs";
import { sum } from "./test-count.mjs";

/** What `--only` may name: bundles are built in any case, tests run on them. */
const kinds = [...new Set(stages.map(({ kind }) => kind))].filter((kind) => kind !== "build");

/**
 * `npm test`: every stage but the system tests, also after a failed one; `--only <kind>` runs one kind, as
 * `npm run test:system` does.
 * The last line is `<n> passed, <n> failed`; continuous integration reads it.
 */
await runAsProgram(import.meta.url, async () => {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  if (values.only !== undefined && !kinds.some((kind) => kind === values.only)) {
    throw new Refusal(`--only ${values.only} isn't known: say one of ${kinds.join(", ")}`);
  }
  const env = await prepare();
  env.PATH = [join(root, "node_modules", ".bin"), env.PATH].join(delimiter);
  env.BUF_CACHE_DIR = join(cache, "buf"); // buf wants a home directory else

  const counts = [];
  for (const { name, kind, run } of stages) {
    const wanted = values.only === undefined ? kind !== "system" : kind === values.only;
    if (!wanted && kind !== "build") continue;
    console.log(`\n── ${name}`);
    const start = performance.now();
    const { interrupted, ...count } = await run(env);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`── ${name}: ${count.failed === 0 ? "ok" : `${count.failed} FAILED`} (${seconds} s)`);
    counts.push(count);
    if (interrupted) break;
  }
  const { passed, failed } = sum(counts);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
