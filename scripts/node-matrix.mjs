import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { copyCheckout } from "./checkout-copy.mjs";
import { withLock } from "./lock.mjs";
import { findNatsServer } from "./nats-server.mjs";
import { fetchNodeRelease, nodePackage } from "./node-release.mjs";
import { runQuietly } from "./quiet-command.mjs";
import { Refusal, runAsProgram } from "./refusal.mjs";
import { cache, root } from "./repository.mjs";
import { say } from "./say.mjs";
import { countTests, sum } from "./test-count.mjs";

/** The oldest that package.json allows, and every long-term support line since. */
const majors = ["20", "22", "24"];

/**
 * Runs the unit tests under every supported Node, each in a copy of the checkout with modules of its own: one
 * node_modules can't hold compiled modules of two ABIs. Copies stay in .cache/matrix, so that only the first run
 * compiles.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<import("./test-count.mjs").Count>}
 */
export function nodeMatrix(env = process.env) {
  return withLock(
    join(cache, "matrix.lock"),
    async () => {
      const natsServer = await findNatsServer();
      const counts = [];
      for (const major of majors) {
        counts.push(await runUnder(major, { ...env, BUSBAR_NATS_SERVER: natsServer }).catch(failure(major)));
      }
      return sum(counts);
    },
    () => say("waiting for another node matrix in this checkout"),
  );
}

/** @param {string} major */
function failure(major) {
  /** @param {unknown} error */
  return (error) => {
    console.log(`node ${major}: FAILED`);
    console.log(error instanceof Refusal ? error.message : error);
    return { passed: 0, failed: 1 };
  };
}

/**
 * @param {string} major
 * @param {NodeJS.ProcessEnv} base
 */
async function runUnder(major, base) {
  const start = performance.now();
  const node = await findNode(major);
  const folder = join(cache, "matrix", major);
  copyCheckout(root, folder);
  const env = { ...base, PATH: [dirname(node), base.PATH].join(delimiter) };

  const bootstrap = await runQuietly(node, [join(folder, "scripts", "bootstrap.mjs")], { cwd: folder, env });
  if (!bootstrap.ok) throw new Refusal(bootstrap.output.trim());
  const prepared = performance.now();

  const report = join(folder, ".cache", "vitest-matrix.json");
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const vitest = join(folder, "node_modules", "vitest", "vitest.mjs");
  const run = await runQuietly(node, [vitest, "run", "--project", "unit", ...reporters], { cwd: folder, env });
  const found = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
  const count = countTests(found, run.ok ? 0 : 1);

  const { output: version } = await runQuietly(node, ["--version"]);
  const seconds = [prepared - start, performance.now() - prepared].map((ms) => (ms / 1000).toFixed(1));
  if (count.failed > 0) console.log(run.output.trim());
  console.log(
    `node ${version.trim().slice(1)}: ${count.passed} passed, ${count.failed} failed` +
      ` (prepared in ${seconds[0]} s, tested in ${seconds[1]} s)`,
  );
  return count;
}

/**
 * @param {string} major
 * @returns {Promise<string>} path of its binary; headers are where `node-headers.mjs` looks for them
 */
async function findNode(major) {
  const kept = join(cache, "node", major);
  const binary = join(kept, "bin", "node");
  if (existsSync(binary)) return binary;
  say(`fetching Node ${major} (${nodePackage})`);
  const staging = join(cache, "node", `.${major}-${process.pid}`);
  mkdirSync(staging, { recursive: true });
  try {
    const { ok, output, folder } = await fetchNodeRelease(major, staging);
    if (!ok) throw new Refusal(`Node ${major} can't be fetched as ${nodePackage}: ${output.trim().split("\n")[0]}`);
    rmSync(kept, { recursive: true, force: true });
    renameSync(folder, kept);
    return binary;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

await runAsProgram(import.meta.url, async () => {
  const { passed, failed } = await nodeMatrix();
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
