import { writeSync } from "node:fs";
import { BusbarError, isErrorCode } from "@busbar/contracts";
import { type ConfigOf, choice, duration, optional, runDaemon, secret, text } from "../index.ts";

const schema = {
  misbehave: choice(
    ["no", "hang-in-start", "hang-in-stop", "fail-in-stop", "throw-later", "reject-later", "hang-in-fatal"],
    { doc: "what goes wrong", default: "no" },
  ),
  refuse: optional(text({ doc: "error code that start throws" })),
  password: optional(secret({ doc: "of the broker" })),
  wait: duration({ doc: "how long to wait", default: "10s", min: "1ms", max: "1m" }),
};

/** Past the log, to be seen when that is broken, too. */
const say = (line: string) => void writeSync(2, `${line}\n`);

await runDaemon<ConfigOf<typeof schema>>({
  name: "sample",
  version: "1.2.3",
  summary: "a daemon to test with",
  schema,
  async start({ config, log, health, metrics, signal, clock, onStop, onReload, onFatal }) {
    onStop("first", () => say("first step undone"));
    onStop("second", async () => {
      say("second step undone");
      if (config.misbehave === "fail-in-stop") throw new Error("stuck");
    });
    onReload((next) => log.info({ wait: next.wait }, "reloaded"));
    onFatal(async () => {
      await new Promise(setImmediate);
      say("lines released");
      if (config.misbehave === "hang-in-fatal") await new Promise(() => {});
    });
    health.add("sample", () => ({ status: "degraded", message: "m", remedy: "r" }));
    metrics.counter({ name: "sample_total", help: "s" }).add(7);
    const { refuse } = config;
    if (refuse !== null) {
      if (isErrorCode(refuse)) throw new BusbarError(refuse, "refused", { component: "host.0", remedy: "mend it" });
      throw new TypeError(refuse);
    }
    if (config.misbehave === "hang-in-start") {
      log.info("hanging");
      await new Promise(() => {});
    }
    if (config.misbehave === "throw-later") {
      setImmediate(() => {
        throw new TypeError("unforeseen");
      });
    }
    if (config.misbehave === "reject-later") setImmediate(() => void Promise.reject(new TypeError("unforeseen")));
    if (config.misbehave === "hang-in-fatal") {
      setImmediate(() => {
        throw new TypeError("unforeseen");
      });
    }
    const tick = setInterval(() => log.debug("tick"), 20);
    signal.addEventListener("abort", () => say(`aborted at ${clock.bootId.length > 0}`));
    setTimeout(() => say("ran for a while"), 100);
    return async () => {
      clearInterval(tick);
      say("stopped first");
      if (config.misbehave === "hang-in-stop") await new Promise(() => {});
    };
  },
});
