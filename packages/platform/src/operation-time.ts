import { type ComponentName, type Milliseconds, milliseconds, type Verb } from "@busbar/contracts";
import { controlOf } from "./domain.ts";
import type { Platform } from "./platform.ts";

/**
 * How long an operation may take from its admission to its verified end. One that carries others along (a host its
 * chassis, a chassis its hosts) has their times too; a graceful off has the time that an operating system may take.
 */
export function operationTime(
  platform: Pick<Platform, "domains" | "graph">,
  component: ComponentName,
  verb: Verb,
): Milliseconds {
  const sum = (names: readonly ComponentName[], time: (name: ComponentName) => number) =>
    milliseconds(names.reduce((total, name) => total + time(name), 0));
  const operation = (name: ComponentName) => platform.domains.get(name)?.timing.operation ?? milliseconds(0);
  const graceful = (name: ComponentName) => {
    const domain = platform.domains.get(name);
    if (domain === undefined || domain.kind === "bmc") return 0;
    return controlOf(domain.backend) === "buttons" ? domain.timing.gracefulOff : 0;
  };
  const minimumOff = (name: ComponentName) => {
    const domain = platform.domains.get(name);
    return domain === undefined || domain.kind === "bmc" ? 0 : domain.timing.minimumOff;
  };
  switch (verb) {
    case "on":
      return sum(platform.graph.closure([component], "dependencies"), operation);
    case "off":
      return milliseconds(sum(platform.graph.closure([component], "dependents"), graceful) + operation(component));
    case "cycle":
      // All that goes off comes on again, after its minimum off time.
      return milliseconds(
        operationTime(platform, component, "off") +
          sum(platform.graph.closure([component], "dependents"), (name) => operation(name) + minimumOff(name)),
      );
    case "force-off":
    case "emergency-off":
    case "reset":
      return operation(component);
    default:
      return verb satisfies never;
  }
}
