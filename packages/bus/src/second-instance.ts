import { BusbarError } from "@busbar/contracts";
import type { Bus } from "./bus.ts";

/** `reason` of the error that names the first instance. */
export const secondInstance = "second-instance";

/**
 * Two instances would share the requests between them, each with half of the truth.
 * @throws BusbarError CONFLICT when the service already answers on the bus.
 */
export async function refuseSecondInstance(bus: Pick<Bus, "find" | "url">, service: string): Promise<void> {
  const first = await bus.find(service);
  if (first === undefined) return;
  throw new BusbarError(
    "CONFLICT",
    `${service} already runs on the broker at ${bus.url}: instance ${first.id}, version ${first.version}`,
    {
      reason: secondInstance,
      remedy: "stop the first instance, or point this one to another broker",
    },
  );
}
