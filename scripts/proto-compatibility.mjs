import { existsSync } from "node:fs";
import { join } from "node:path";
import { runInForeground } from "./foreground.mjs";
import { Refusal, runAsProgram } from "./refusal.mjs";
import { root } from "./repository.mjs";

/** What was promised to others; `npm run proto:release` renews it, on purpose only. */
const released = "proto/released.json";

/** Fails if a peer that was built from the released proto/ would misread today's messages. */
await runAsProgram(import.meta.url, async () => {
  if (!existsSync(join(root, released))) {
    throw new Refusal(
      `${released} is missing, so nothing guards the wire format: run npm run proto:release and commit it`,
    );
  }
  return (await runInForeground("buf", ["breaking", "--against", released], { cwd: root })).code;
});
