import { rmSync } from "node:fs";
import { asBusbarError, BusbarError } from "@busbar/contracts";
import { claimDataDir, temporaryDataDir } from "./data-dir.ts";
import { logView } from "./log-view.ts";
import { powerOnce } from "./once.ts";
import { parseOptions, usage } from "./options.ts";
import { processNames, type Suite, startSuite } from "./suite.ts";

const write = (line: string) => process.stdout.write(`${line}\n`);

/** What the bootstrap hands over. */
function required(name: "BUSBAR_ROOT" | "BUSBAR_NATS_SERVER"): string {
  const value = process.env[name];
  if (value) return value;
  throw new BusbarError("FAILED_PRECONDITION", `${name} is not set`, { remedy: "start with npm start" });
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    write(usage);
    return 0;
  }
  const root = required("BUSBAR_ROOT");
  const isTemporary = options.once && options.dataDir === undefined;
  const dataDir = isTemporary ? temporaryDataDir() : claimDataDir(root, options.profile, options.dataDir);
  const told = new AbortController();
  const stop = () => told.abort(new BusbarError("ABORTED", "told to stop"));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  // Whoever read the log has gone (npm start | head): nothing is left running behind their back.
  process.stdout.on("error", stop);
  const log = logView(write, process.stdout.isTTY === true);
  let suite: Suite | undefined;
  try {
    suite = await startSuite({
      root,
      natsServer: required("BUSBAR_NATS_SERVER"),
      dataDir,
      platform: options.platform,
      profile: options.profile,
      port: options.port,
      onLine: log,
      signal: told.signal,
    });
    for (const name of processNames)
      suite.processes[name].onDeath((how) => write(`${name} ended (${how}); it is started again`));
    write("ready");
    if (options.once) await Promise.race([powerOnce(suite, write), aborted(told.signal)]);
    else {
      for (const line of whatToTry(suite, dataDir)) write(line);
      await new Promise<void>((resolve) => told.signal.addEventListener("abort", () => resolve(), { once: true }));
      write("stopping");
    }
    return 0;
  } catch (error) {
    if (told.signal.aborted) return 0;
    throw error;
  } finally {
    await suite?.stop();
    if (isTemporary) rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Rejects with the reason. */
const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

const whatToTry = (suite: Suite, dataDir: string): string[] => [
  "",
  `  broker    ${suite.natsUrl} (loopback only, nobody has to authenticate until security is set up)`,
  `  board     ${suite.boardSocket}`,
  `  data      ${dataDir}`,
  "",
  "  In a second terminal:",
  "    npx busbar host on 0 --wait",
  "    npx busbar status",
  `  or, with any NATS client: subscribe to statemgr.event.> and request statemgr.host.0.action`,
  "",
  "  Ctrl-C stops everything.",
  "",
];

main().then(
  (code) => process.exit(code),
  (thrown) => {
    const error = asBusbarError(thrown);
    process.stderr.write(`${error.message}${error.remedy ? `; ${error.remedy}` : ""}\n`);
    process.exit(error.mapping.exit);
  },
);
