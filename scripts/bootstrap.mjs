import { join } from "node:path";
import { installDependencies } from "./dependencies.mjs";
import { generate } from "./generate.mjs";
import { withLock } from "./lock.mjs";
import { findNatsServer } from "./nats-server.mjs";
import { checkNodeVersion } from "./node-version.mjs";
import { runAsProgram } from "./refusal.mjs";
import { cache } from "./repository.mjs";
import { say, sayNothing } from "./say.mjs";

/**
 * Makes a fresh clone ready to run with nothing but Node: dependencies, the broker, generated code.
 * Quick when there is nothing to do, and safe to run twice at once.
 * @param {{ quiet?: boolean }} [options] quiet: no word about what takes time
 * @returns {Promise<{ natsServer: string }>}
 */
export async function bootstrap({ quiet = false } = {}) {
  const tell = quiet ? sayNothing : say;
  checkNodeVersion();
  return withLock(
    join(cache, "bootstrap.lock"),
    async () => {
      await installDependencies(tell);
      const natsServer = await findNatsServer(tell);
      await generate();
      return { natsServer };
    },
    () => tell("waiting for another bootstrap in this checkout"),
  );
}

await runAsProgram(import.meta.url, async () => {
  const { natsServer } = await bootstrap();
  say(`ready (broker: ${natsServer})`);
});
