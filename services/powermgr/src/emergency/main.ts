import { asBusbarError } from "@busbar/contracts";
import { createLog, exitCodes, loadConfig, systemClock } from "@busbar/daemon";
import { loadPlatform } from "@busbar/platform";
import { openControls } from "../backends/controls.ts";
import { type EmergencyConfig, emergencySchema } from "../config.ts";
import { cutAll } from "./cut.ts";
import { Latch } from "./latch.ts";

// busbar-emergency-off.service: cuts all power and latches it off, with no broker, no powermgr and no statemgr running.
// systemd stops powermgr first, which has the lines. Ends with 0 when everything is off.

const log = createLog({ name: "emergency-off", level: "info" });
const clock = systemClock();

async function main(): Promise<number> {
  const { values: config } = loadConfig<EmergencyConfig>(emergencySchema, {
    program: "emergency-off",
    argv: process.argv.slice(2),
    env: process.env,
  });
  const platform = loadPlatform(config.platform);
  const latch = await Latch.open({ directories: [config.runDir], log, now: () => clock.now() });
  // The latch is written while power is cut: neither waits for the other.
  latch.set({
    source: "request",
    reason: "busbar-emergency-off",
    actor: "busbar-emergency-off",
    since: clock.now(),
    components: [...platform.domains.keys()].filter((name) => platform.domains.get(name)?.kind !== "bmc"),
    operations: [],
  });
  const controls = await openControls(platform, config.boardSocket, log);
  const cuts = await cutAll({
    platform,
    controls: controls.byComponent,
    clock,
  });
  await controls.close();
  await latch.close();
  for (const cut of cuts) log[cut.power === "off" ? "info" : "error"](cut, `${cut.component} is ${cut.power}`);
  if (latch.problem !== undefined) log.error({ problem: latch.problem }, "the latch is not stored");
  return cuts.every(({ power }) => power === "off") ? exitCodes.stopped : exitCodes.failed;
}

try {
  process.exit(await main());
} catch (err) {
  log.fatal({ err: asBusbarError(err) }, "power could not be cut");
  process.exit(exitCodes.failed);
}
