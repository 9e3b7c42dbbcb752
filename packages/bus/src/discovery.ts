import { BusbarError, milliseconds } from "@busbar/contracts";
import type { Exchange } from "./exchange.ts";

/** An instance of a micro service that answers on the bus. */
export interface ServiceInstance {
  readonly id: string;
  readonly version: string;
}

/** Longer than any answer on one board takes; nobody waits for it when nobody is there, because the broker says so. */
const patience = milliseconds(250);

/** The first instance of a service that answers, or undefined when there is none. @throws BusbarError UNAVAILABLE when not connected */
export async function findService(exchange: Exchange, name: string): Promise<ServiceInstance | undefined> {
  try {
    const reply = await exchange(`$SRV.PING.${name}`, new Uint8Array(), {
      timeout: patience,
      accept: ({ data }) => instanceIn(data, name) !== undefined,
    });
    return instanceIn(reply.data, name);
  } catch (error) {
    if (!(error instanceof BusbarError)) throw error;
    if (error.reason === "no-responders" || error.reason === "no-answer") return undefined;
    throw error;
  }
}

function instanceIn(data: Uint8Array, name: string): ServiceInstance | undefined {
  try {
    const ping: unknown = JSON.parse(new TextDecoder().decode(data));
    if (typeof ping !== "object" || ping === null) return undefined;
    if (!("name" in ping && "id" in ping) || ping.name !== name || typeof ping.id !== "string") return undefined;
    return { id: ping.id, version: "version" in ping ? String(ping.version) : "" };
  } catch {
    return undefined;
  }
}
