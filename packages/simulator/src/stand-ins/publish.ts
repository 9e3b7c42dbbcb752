import { type Bus, busReasons } from "@busbar/bus";
import { asBusbarError, milliseconds } from "@busbar/contracts";

/**
 * Sends as u-bmc's services send their alerts: to whoever listens, with no answer. Our bus has no such publish, because
 * what is sent so may be lost; a request that nobody answers is the same on the wire but for its reply subject.
 * @throws BusbarError when it can't be sent
 */
export async function publish(bus: Pick<Bus, "exchange">, subject: string, data: Uint8Array): Promise<void> {
  try {
    await bus.exchange(subject, data, { timeout: milliseconds(1), accept: () => false });
  } catch (thrown) {
    const { reason } = asBusbarError(thrown);
    if (reason !== busReasons.noAnswer && reason !== busReasons.noResponders) throw thrown;
  }
}
