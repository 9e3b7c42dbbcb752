#!/usr/bin/env node
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkNodeVersion } from "./node-version.mjs";
import { Refusal, runAsProgram } from "./refusal.mjs";
import { root } from "./repository.mjs";

/** `npx busbar` in a checkout: the command line client, as `npm start` or `npm test` bundled it. */
await runAsProgram(import.meta.url, async () => {
  checkNodeVersion();
  const program = join(root, "dist", "cli.mjs");
  if (!existsSync(program)) {
    throw new Refusal("the command isn't built yet; npm start builds it (or npm run bootstrap, then npm run bundle)");
  }
  process.env.BUSBAR_ROOT = root;
  await import(pathToFileURL(program).href);
  return Number(process.exitCode ?? 0);
});
