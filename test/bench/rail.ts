import { join } from "node:path";
import { type ComponentName, encodeActionRequest, headers, subjects } from "@busbar/contracts";
import type { Setting } from "./budget.ts";
import { accepted, type Client, openClient } from "./client.ts";
import { type Echo, startEcho } from "./floors/echo.ts";
import { SyncedFile } from "./floors/synced-file.ts";
import { Switched } from "./switched.ts";

/** An operation that is over, and what asked for it. */
export interface Past {
  readonly operation: string;
  readonly body: Uint8Array;
}

/** What budgets 1 to 3 are measured with: a rail that is switched, and floors beside it. */
export interface Rail {
  readonly client: Client;
  readonly switched: Switched;
  /** As many bytes as a request has, there and back. */
  echo(): Promise<unknown>;
  synced(): void;
  /** Asks powermgr for `past` once more. It says that this is done, and does nothing. */
  repeat(past: Past): Promise<void>;
  /** Asks statemgr for what is so already. It says that there is nothing to do. */
  noOp(past: Past): Promise<void>;
  close(): Promise<void>;
}

export async function openRail(setting: Setting, component: ComponentName): Promise<Rail> {
  const client = await openClient(setting);
  const echo: Echo = await startEcho(setting, client.bus.exchange);
  const file = new SyncedFile(join(setting.scratch, "floor"));
  const switched = await Switched.open(client, component);
  const payload = encodeActionRequest(component, "CHASSIS_ACTION_ON");
  return {
    client,
    switched,
    echo: () => echo.send(payload),
    synced: () => file.append(),
    async repeat({ operation, body }) {
      const lines = { [headers.operationId]: operation };
      accepted(await client.send(subjects.action("powermgr", component), body, lines));
    },
    async noOp({ body }) {
      accepted(await client.send(subjects.action("statemgr", component), body));
    },
    async close() {
      file.close();
      await echo.close();
      await client.close();
    },
  };
}
