import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BusbarError } from "@busbar/contracts";
import { type Suite, startSuite } from "@busbar/launcher";
import type { Budget } from "./budget.ts";

export interface SystemOptions {
  readonly root: string;
  readonly natsServer: string;
  /** The data of all systems; what they log goes there, too. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface BenchSystem extends Pick<Suite, "natsUrl" | "boardSocket"> {
  readonly platform: string;
  /** @throws BusbarError INTERNAL when the hazard judge has recorded something: such a run measured nothing. */
  stop(): Promise<void>;
}

const benchPlatform = fileURLToPath(new URL("./platform/platform.yaml", import.meta.url));

/** Real processes from the bundles, as `npm start` runs them. */
export async function startSystem(name: Budget["system"], options: SystemOptions): Promise<BenchSystem> {
  const { root, natsServer, folder, signal } = options;
  const platform = name === "bench" ? benchPlatform : join(root, "platforms", "simulated", "platform.yaml");
  const dataDir = join(folder, name);
  mkdirSync(dataDir);
  const suite = await startSuite({
    root,
    natsServer,
    dataDir,
    platform,
    profile: "bmc",
    witness: false,
    onLine: (process, line) => appendFileSync(join(folder, `${name}.log`), `${process} ${line}\n`),
    signal,
  });
  if (name === "bare") await Promise.all([suite.processes.statemgr.stop(), suite.processes.powermgr.stop()]);
  return {
    natsUrl: suite.natsUrl,
    boardSocket: suite.boardSocket,
    platform,
    async stop() {
      const { hazards, pending } = await suite.board.hazards({ final: true }).finally(() => suite.stop());
      const recorded = [...hazards, ...pending];
      if (recorded.length > 0) {
        throw new BusbarError(
          "INTERNAL",
          `the hazard judge recorded ${recorded.length}, first ${JSON.stringify(recorded[0])}`,
        );
      }
    },
  };
}
