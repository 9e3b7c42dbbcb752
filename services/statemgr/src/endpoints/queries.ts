import { type Served, served } from "@busbar/bus";
import { BusbarError, busbar, type ComponentName, endpoints, kindOf, timestamp } from "@busbar/contracts";
import type { Platform } from "@busbar/platform";
import type { Power } from "../machine/power-machine.ts";
import { originOf } from "../operations/change-log.ts";
import { statusOf } from "../operations/ledger.ts";
import type { ComponentRow, StateChangeRow, Tables } from "../store/tables.ts";

export interface QueryOptions {
  readonly platform: Platform;
  readonly tables: Tables;
  readonly epoch: string;
}

const defaultLimit = 100;
const largestLimit = 1000;

/** What is recorded: one component, all of a kind, and what happened to one. */
export function queryEndpoints({ platform, tables, epoch }: QueryOptions): Served[] {
  const row = (component: ComponentName): ComponentRow => {
    if (!platform.domains.has(component)) {
      throw new BusbarError("NOT_FOUND", `the platform has no ${component}`, {
        component,
        remedy: `it has ${[...platform.domains.keys()].join(", ")}`,
      });
    }
    const found = tables.component(component);
    if (found) return found;
    throw new BusbarError("UNAVAILABLE", `${component} has not been observed yet`, {
      component,
      reason: "not-observed",
      remedy: "check that powermgr runs and sees its power-good (powermgr.health.check)",
    });
  };
  return [
    ...endpoints.componentGet.map((endpoint) =>
      served(endpoint, async (_request, context) => ({ message: stateMessage(row(context.component()), epoch) })),
    ),
    ...endpoints.componentLists.map((endpoint) =>
      served(endpoint, async () => {
        const rows = tables.components().filter(({ name }) => kindOf(name) === endpoint.kind);
        const revision = { epoch, id: tables.lastChange()?.id ?? 0 };
        return { message: { components: rows.map((each) => stateMessage(each, epoch)), revision } };
      }),
    ),
    ...endpoints.componentHistory.map((endpoint) =>
      served(endpoint, async ({ limit, before }, context) => {
        if (limit > largestLimit)
          throw new BusbarError("INVALID_ARGUMENT", `limit ${limit} is too large`, {
            remedy: `ask for at most ${largestLimit}`,
          });
        const { name } = row(context.component());
        const changes = tables.history(name, before || Number.MAX_SAFE_INTEGER, limit || defaultLimit);
        return { message: { changes: changes.map((change) => changeMessage(change, epoch)) } };
      }),
    ),
  ];
}

const powers: Readonly<Record<Power, busbar.v1.Power>> = {
  on: busbar.v1.Power.POWER_ON,
  off: busbar.v1.Power.POWER_OFF,
  unknown: busbar.v1.Power.POWER_UNKNOWN,
};

const stateMessage = (row: ComponentRow, epoch: string): busbar.v1.ComponentState.$Properties => ({
  component: row.name,
  status: statusOf(row),
  revision: { epoch, id: row.revision },
  changedAt: timestamp(row.changed_at),
  observed: powers[row.observed],
  intended: powers[row.intended],
  operationId: row.operation_id ?? "",
  action: row.action ?? "",
});

const changeMessage = (change: StateChangeRow, epoch: string): busbar.v1.StateChange.$Properties => ({
  component: change.component,
  previousStatus: change.previous,
  currentStatus: change.current,
  cause: change.cause ?? "",
  changedAt: timestamp(change.changed_at),
  origin: originOf(change, epoch),
});
