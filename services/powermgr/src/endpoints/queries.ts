import type { DomainControl } from "@busbar/backend";
import { type Served, served } from "@busbar/bus";
import { BusbarError, type busbar, type ComponentName, endpoints, kindOf, timestamp } from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import type { Platform } from "@busbar/platform";
import type { Emergency } from "../emergency/emergency.ts";
import type { FirmwareLock } from "../interlocks/firmware-lock.ts";
import { type PowerMonitor, powerNumber } from "../monitors/power-monitor.ts";
import type { PowerEngine } from "../operations/engine.ts";
import { emergencyMessage } from "./emergency.ts";
import { firmwareLockMessage } from "./firmware-lock.ts";

export interface QueryOptions {
  readonly platform: Platform;
  readonly controls: ReadonlyMap<ComponentName, DomainControl>;
  readonly monitor: PowerMonitor;
  readonly engine: PowerEngine;
  readonly emergency: Emergency;
  readonly firmwareLock: Pick<FirmwareLock, "state">;
  readonly clock: Clock;
}

/** Status and domains: what powermgr knows, without touching anything. */
export function queryEndpoints(options: QueryOptions): Served[] {
  const { platform, controls, emergency, firmwareLock, clock } = options;
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
      message: {
        ...statusOf(selected(components, controls, () => true)),
        emergency: emergencyMessage(emergency.state, emergency.persisting),
        firmwareLock: firmwareLockMessage(firmwareLock.state(), clock),
      },
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
