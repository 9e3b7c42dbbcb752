import { type Action, type ComponentName, milliseconds, verbOf } from "@busbar/contracts";
import { systemClock } from "@busbar/daemon";
import { loadPlatform } from "@busbar/platform";
import { ChangeLog } from "../src/operations/change-log.ts";
import { Ledger, type Taken } from "../src/operations/ledger.ts";
import { CommitQueue } from "../src/store/commit-queue.ts";
import { openDatabase } from "../src/store/database.ts";
import { tables as prepareTables } from "../src/store/tables.ts";

export interface Store {
  /** Runs it in a transaction; resolves when that is durable, or at once if nothing ever is. */
  commit<T>(run: () => T): Promise<T>;
  /** Inside a transaction: takes a request, as it comes from a client. */
  request(component: ComponentName, action: Action): Taken;
  /** Inside a transaction: records that what was taken is done. */
  complete(component: ComponentName, taken: Taken): void;
}

const operationTimeout = milliseconds(30_000);
/** The daemon's own defaults. No relay runs here: every event counts as published. */
const retention = { stateChanges: 100_000, events: 5_000, published: () => Number.MAX_SAFE_INTEGER };

/**
 * statemgr's store with every component off.
 * @param commit `never`: all that is written stays in one transaction that never ends
 */
export async function openStore(
  directory: string,
  platformFile: string,
  commit: "each-turn" | "never",
): Promise<Store> {
  const { graph, domains } = loadPlatform(platformFile);
  const { database, epoch } = openDatabase(directory);
  const tables = prepareTables(database);
  const clock = systemClock();
  const ledger = new Ledger(tables, new ChangeLog(tables, epoch, retention), graph, clock);
  const queue = new CommitQueue(database, {
    committed: () => {},
    failed: (error) => {
      throw error;
    },
  });
  await queue.commit(() => {
    for (const { name, kind } of domains.values()) if (kind !== "bmc") ledger.observed(name, "off");
  });
  if (commit === "never") {
    database.pragma("cache_spill = OFF");
    database.exec("BEGIN IMMEDIATE");
  }
  return {
    commit: commit === "never" ? async (run) => run() : (run) => queue.commit(run),
    request(component, action) {
      const verb = verbOf(action);
      if (verb === undefined) throw new Error(`${action} is not served`);
      return ledger.request({
        component,
        action,
        verb,
        actor: "bench",
        requestId: undefined,
        timeout: operationTimeout,
      });
    },
    complete(component, { operationId, outcome }) {
      if (operationId === undefined) throw new Error(`${component}: the request was a ${outcome}`);
      const power = tables.operation(operationId)?.verb === "on" ? "on" : "off";
      ledger.result(component, operationId, { success: true, power });
    },
  };
}
