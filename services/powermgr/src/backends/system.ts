import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { DomainControl, Sense } from "@busbar/backend";
import { BusbarError } from "@busbar/contracts";
import type { ControllerDomain, Platform } from "@busbar/platform";
import { HeldLine } from "./held-line.ts";
import { pulse } from "./pulse.ts";
import type { SimulatedChips } from "./simulated-chips.ts";

const run = promisify(execFile);

/** Power of the BMC itself: we run on it. */
const alwaysOn: Sense = { read: async () => "on", readStable: async () => "on", onChange: () => () => {} };

/** The BMC's own reset: by systemd, or by a line that resets it from outside. */
export async function systemControl(
  domain: ControllerDomain,
  platform: Platform,
  chips: SimulatedChips,
): Promise<DomainControl> {
  const { reset } = domain.backend;
  return reset.by === "systemd" ? resetBySystemd() : resetByLine(domain, reset, platform, chips);
}

/** systemd stops us in good order while the command is still running, so its end is not waited for. */
function resetBySystemd(): DomainControl {
  return {
    sense: alwaysOn,
    resetsUs: true,
    resetButton: {
      line: "systemctl reboot",
      press: async () => {
        try {
          await run("systemctl", ["--no-block", "reboot"]);
        } catch (cause) {
          throw new BusbarError("POWER_OPERATION_FAILED", `systemctl reboot failed: ${(cause as Error).message}`, {
            component: "bmc.0",
            reason: "systemctl",
            remedy: "check that powermgr may ask systemd to reboot (polkit, or root)",
            cause,
          });
        }
      },
    },
    evidence: async () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    unavailable: () => undefined,
    onAvailability: () => () => {},
    close: async () => {},
  };
}

type LineReset = Extract<ControllerDomain["backend"]["reset"], { by: "line" }>;

async function resetByLine(
  domain: ControllerDomain,
  reset: LineReset,
  platform: Platform,
  chips: SimulatedChips,
): Promise<DomainControl> {
  const definition = platform.lines.get(reset.line);
  if (!definition) throw new BusbarError("INTERNAL", `line ${reset.line} passed the platform check but is not defined`);
  const line = new HeldLine(definition, () => chips.open(definition.chip));
  await line.tried;
  return {
    sense: alwaysOn,
    resetsUs: true,
    resetButton: { line: line.name, press: async () => pulse(line.use(), reset.pulse) },
    evidence: async () => {
      const resets = await chips.bmcResets(domain.name);
      return resets === undefined ? undefined : `resets: ${resets}`;
    },
    unavailable: () => line.missing,
    onAvailability: (listener) => line.onAvailability(listener),
    close: () => line.close(),
  };
}
