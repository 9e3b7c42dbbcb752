import { type ComponentName, type Milliseconds, milliseconds, type Verb } from "@busbar/contracts";
import { controlOf, type Domain, type PowerDomain } from "./domain.ts";
import type { Platform } from "./platform.ts";

/** Of this, `policies` may be those in force instead of the file's. */
export type TimedPlatform = Pick<Platform, "domains" | "graph" | "policies">;

/**
 * How long an operation may take from its admission to its verified end: its own work, and its turn. The turn is such that
 * when every host of the platform is asked for the same at once, the last one still ends in time: they go a few at a time
 * (`maxConcurrentOperations`), and hosts start one after the other (`startupDelay`). An off waits for nobody's turn.
 */
export function operationTime(platform: TimedPlatform, component: ComponentName, verb: Verb): Milliseconds {
  switch (verb) {
    case "on":
      return inTurn(platform, onTime(platform, component), rails(platform, component, "dependencies"));
    case "off":
      return offTime(platform, component);
    case "cycle":
      return inTurn(platform, offTime(platform, component) + onAgainTime(platform, component), []);
    case "reset":
      return inTurn(platform, workTime(platform.domains.get(component)), []);
    case "force-off":
      return workTime(platform.domains.get(component));
    case "emergency-off":
      return emergencyTime(platform, component);
    default:
      return verb satisfies never;
  }
}

const workTime = (domain: Domain | undefined): Milliseconds => domain?.timing.operation ?? milliseconds(0);

const isButtons = (domain: Domain): domain is PowerDomain =>
  domain.kind !== "bmc" && controlOf(domain.backend) === "buttons";

const sum = (times: readonly number[]): number => times.reduce((total, time) => total + time, 0);
const most = (times: readonly number[]): number => Math.max(0, ...times);

function closure(
  { graph, domains }: TimedPlatform,
  component: ComponentName,
  along: "dependencies" | "dependents",
): readonly PowerDomain[] {
  return graph.closure([component], along).flatMap((name) => {
    const domain = domains.get(name);
    return domain === undefined || domain.kind === "bmc" ? [] : [domain];
  });
}

const rails = (platform: TimedPlatform, component: ComponentName, along: "dependencies" | "dependents") =>
  closure(platform, component, along).filter(({ backend }) => controlOf(backend) === "rail");

/** Dependencies one after the other. */
const onTime = (platform: TimedPlatform, component: ComponentName): number =>
  sum(closure(platform, component, "dependencies").map(workTime));

/** Hosts shut down side by side, `shutdownDelay` apart; their rails follow. */
function offTime(platform: TimedPlatform, component: ComponentName): Milliseconds {
  const hosts = closure(platform, component, "dependents").filter(isButtons);
  const apart = (hosts.length - 1) * platform.policies.sequencing.shutdownDelay + sum(hosts.map(pressTime));
  const shutdown = most(hosts.map(({ timing }) => timing.gracefulOff + timing.operation));
  const dark = sum(rails(platform, component, "dependents").map(workTime));
  return milliseconds(Math.max(0, apart) + shutdown + dark);
}

/** All that goes off in a cycle comes on again, after its minimum off time. */
function onAgainTime(platform: TimedPlatform, component: ComponentName): number {
  const time = (domain: PowerDomain) => domain.timing.minimumOff + domain.timing.operation;
  const hosts = closure(platform, component, "dependents").filter(isButtons);
  return sum(rails(platform, component, "dependents").map(time)) + most(hosts.map(time));
}

/** Hosts are held side by side, a forced off each; then the rails go, and power-good is read. */
function emergencyTime(platform: TimedPlatform, component: ComponentName): Milliseconds {
  const all = closure(platform, component, "dependents");
  return milliseconds(most(all.map(workTime)) + sum(rails(platform, component, "dependents").map(workTime)));
}

/** How long a module presses is its own business. */
const pressTime = ({ backend }: PowerDomain): number => (backend.type === "gpio-buttons" ? backend.pulse.press : 0);

/** Rails that all hosts need are tried by each of them in turn when they don't come on. */
function inTurn({ domains, policies }: TimedPlatform, work: number, shared: readonly PowerDomain[]): Milliseconds {
  const hosts = [...domains.values()].filter((domain) => domain.kind === "host");
  const others = Math.max(0, hosts.length - 1);
  const rounds = 1 + Math.ceil(others / policies.safety.maxConcurrentOperations);
  const starts = sum(hosts.map((host) => policies.sequencing.startupDelay + (isButtons(host) ? pressTime(host) : 0)));
  return milliseconds(rounds * work + starts + others * sum(shared.map(workTime)));
}
