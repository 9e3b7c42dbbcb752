import { bundle } from "./bundle.mjs";
import { runInForeground } from "./foreground.mjs";
import { prepare } from "./prepare.mjs";
import { runAsProgram } from "./refusal.mjs";
import { root } from "./repository.mjs";

/** `npm run bench`: the figures of the budgets, each beside its floor. */
await runAsProgram(import.meta.url, async () => {
  const env = await prepare();
  await bundle();
  const args = ["--import", "tsx", "test/bench/main.ts", ...process.argv.slice(2)];
  return (await runInForeground(process.execPath, args, { cwd: root, env })).code;
});
