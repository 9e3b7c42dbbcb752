import { join } from "node:path";
import { bundle } from "./bundle.mjs";
import { runInForeground } from "./foreground.mjs";
import { prepare } from "./prepare.mjs";
import { runAsProgram } from "./refusal.mjs";
import { root } from "./repository.mjs";

/** `npm start`: the whole system on this machine, with a simulated board unless told otherwise. */
await runAsProgram(import.meta.url, async () => {
  const env = await prepare();
  await bundle();
  const launcher = join(root, "dist", "launcher.mjs");
  return (await runInForeground(process.execPath, [launcher, ...process.argv.slice(2)], { env })).code;
});
