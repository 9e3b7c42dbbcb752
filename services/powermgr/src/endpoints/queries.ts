import type { DomainControl } from "@busbar/backend";
import { type Served, served } from "@busbar/bus";
import { BusbarError, type busbar, type ComponentName, endpoints, kindOf, timestamp } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { Platform } from "@busbar/platform";
import { type PowerMonitor, powerNumber } from "../monitors/power-monitor.ts";
import type { PowerEngine } from "../operations/engine.ts";
import { isFinal, type Operation } from "../operations/operation.ts";
import type { Journal } from "../store/journal.ts";
import { operationMessage } from "./messages.ts";

export interface QueryOptions {
  readonly platform: Platform;
  readonly controls: ReadonlyMap<ComponentName, DomainControl>;
  readonly monitor: PowerMonitor;
  readonly engine: PowerEngine;
  readonly journal: Journal;
  readonly clock: Clock;
}

const defaultLimit = 100;
const largestLimit = 1000;

/** Status, operations and domains: what powermgr knows, without touching anything. */
export function queryEndpoints(options: QueryOptions): Served[] {
  const { platform, controls, journal, clock } = options;
  const statusOf = (components: Iterable<ComponentName>) => ({
    domains: [...components].map((name) => domainStatus(name, options)),
  });
  return [
    ...endpoints.powerStatus.map((endpoint) =>
      served(endpoint, async ({ components }) => ({
        message: statusOf(selected(components, controls, (name) => kindOf(name) === endpoint.kind)),
      })),
    ),
    served(endpoints.systemStatus, async ({ components }) => ({
      message: statusOf(selected(components, controls, () => true)),
    })),
    served(endpoints.domainsList, async () => ({
      message: {
        domains: [...platform.domains.values()].map((domain) => ({
          component: domain.name,
          backend: domain.backend.type,
          dependsOn: domain.kind === "bmc" ? [] : [...domain.dependsOn],
        })),
      },
    })),
    served(endpoints.operationsGet, async ({ id, tombstoneIfUnknown }) => {
      if (id === "" || id.length > 128) {
        throw new BusbarError("INVALID_ARGUMENT", "an operation id has 1 to 128 characters", {
          remedy: "send the id that came with the answer",
        });
      }
      const known = journal.operations.get(id);
      if (known) return { message: operationMessage(known) };
      if (!tombstoneIfUnknown) {
        throw new BusbarError("NOT_FOUND", `no operation ${id}`, {
          operationId: id,
          remedy: "list them: powermgr.operations.list",
        });
      }
      const tombstone = emptyOperation(id, clock.now());
      await journal.tombstone(tombstone, clock.now());
      return { message: operationMessage(tombstone) };
    }),
    served(endpoints.operationsList, async ({ active, limit }) => {
      if (limit > largestLimit) {
        throw new BusbarError("INVALID_ARGUMENT", `limit ${limit} is too large`, {
          remedy: `ask for at most ${largestLimit}`,
        });
      }
      const found = [...journal.operations.values()]
        .filter((operation) => !active || !isFinal(operation.state))
        .toReversed();
      return { message: { operations: found.slice(0, limit || defaultLimit).map(operationMessage) } };
    }),
  ];
}

/** @throws BusbarError NOT_FOUND for a name that isn't one of ours */
function selected(
  names: readonly string[],
  controls: QueryOptions["controls"],
  include: (name: ComponentName) => boolean,
): ComponentName[] {
  const all = [...controls.keys()].filter(include);
  const unknown = names.find((name) => !all.some((known) => known === name));
  if (unknown !== undefined) {
    throw new BusbarError("NOT_FOUND", `no component ${unknown.slice(0, 64)}`, {
      remedy: `known here: ${all.join(", ")}`,
    });
  }
  return names.length === 0 ? all : all.filter((name) => names.includes(name));
}

function domainStatus(
  component: ComponentName,
  { controls, monitor, engine }: QueryOptions,
): busbar.v1.DomainStatus.$Properties {
  const { power, observedAt } = monitor.observation(component);
  const control = controls.get(component);
  const reason = control?.unavailable();
  const measured = control?.measure?.latest();
  return {
    component,
    power: powerNumber(power),
    observedAt: timestamp(observedAt),
    available: reason === undefined,
    reason: reason ?? "",
    operationId: engine.activeOn(component)?.id ?? "",
    ...(measured?.watts !== undefined && { watts: measured.watts, measuredAt: timestamp(measured.at) }),
  };
}

const emptyOperation = (id: string, now: number): Operation => ({
  id,
  component: "" as ComponentName,
  verb: "off",
  action: "",
  actor: "",
  source: "statemgr",
  timeoutMs: 0,
  queuedAt: now,
  state: "tombstone",
  deadline: { boot: "", at: 0 },
  steps: [],
  outcomes: [],
});
