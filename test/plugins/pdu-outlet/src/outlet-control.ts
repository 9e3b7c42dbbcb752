import { type BackendLog, BusbarError, type DomainControl, type Measurement, type Power } from "@busbar/backend";
import type { OutletOptions } from "./options.ts";
import { type PduClient, SwitchUncertain } from "./pdu-client.ts";

const neverAsked = "has not been asked yet";

/** One outlet: looked at again and again, because a PDU tells nothing by itself. */
export class OutletControl implements DomainControl {
  #client: PduClient;
  #log: BackendLog;
  #power: Power = "unknown";
  #measured: Measurement | undefined;
  #missing: string | undefined = neverAsked;
  #powerListeners = new Set<(power: Power) => void>();
  #availabilityListeners = new Set<() => void>();
  #timer: NodeJS.Timeout;
  #closed = false;
  /** The look in progress, and the one that waits for it. */
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(client: PduClient, { pollMs }: OutletOptions, log: BackendLog) {
    this.#client = client;
    this.#log = log;
    this.#timer = setInterval(() => void this.look(), pollMs);
  }

  readonly sense = {
    read: () => this.#readNow(),
    // A relay's position does not bounce.
    readStable: () => this.#readNow(),
    onChange: (listener: (power: Power) => void) => {
      this.#powerListeners.add(listener);
      return () => this.#powerListeners.delete(listener);
    },
  };

  get rail() {
    return { line: this.#client.outlet, set: (power: "on" | "off") => this.#switch(power) };
  }

  readonly measure = { latest: () => this.#measured };

  unavailable(): string | undefined {
    return this.#missing;
  }

  onAvailability(listener: () => void): () => void {
    this.#availabilityListeners.add(listener);
    return () => this.#availabilityListeners.delete(listener);
  }

  /** The relay stays as it is. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#powerListeners.clear();
    this.#availabilityListeners.clear();
    await this.#current;
  }

  /**
   * Asks the PDU; never rejects. One look at a time, so that an old answer can't come after a new one; who asks during a
   * look gets one that begins after it.
   */
  look(): Promise<void> {
    this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      this.#current = this.#ask();
      return this.#current;
    });
    return this.#next;
  }

  async #ask(): Promise<void> {
    if (this.#closed) return;
    try {
      const { power, watts } = await this.#client.state();
      this.#measured = { watts, at: Date.now() };
      this.#lacks(undefined);
      this.#see(power);
    } catch (error) {
      this.#measured = undefined;
      this.#lacks((error as Error).message);
      this.#see("unknown");
    }
  }

  async #readNow(): Promise<Power> {
    await this.look();
    return this.#power;
  }

  async #switch(power: "on" | "off"): Promise<void> {
    const { outlet } = this.#client;
    if (this.#missing !== undefined) throw away(this.#missing, outlet);
    try {
      await this.#client.switch(power);
    } catch (cause) {
      if (!(cause instanceof SwitchUncertain)) throw away((cause as Error).message, outlet, cause);
      throw new BusbarError("POWER_OPERATION_FAILED", `${outlet} may not have gone ${power}: ${cause.message}`, {
        component: outlet,
        reason: "pdu-uncertain",
        remedy: "look at the outlet; then try again",
        cause,
      });
    } finally {
      void this.look();
    }
  }

  #see(power: Power): void {
    if (power === this.#power || this.#closed) return;
    this.#power = power;
    for (const listener of this.#powerListeners) listener(power);
  }

  #lacks(missing: string | undefined): void {
    const previous = this.#missing;
    if (previous === missing || this.#closed) return;
    this.#missing = missing;
    if (missing !== undefined) this.#log.warn(missing);
    else if (previous !== neverAsked) this.#log.info(`${this.#client.outlet} answers again`);
    for (const listener of this.#availabilityListeners) listener();
  }
}

const away = (message: string, component: string, cause?: unknown) =>
  new BusbarError("HARDWARE_UNAVAILABLE", message, {
    component,
    reason: "pdu-away",
    remedy: "check the PDU, the network to it, and its token",
    ...(cause !== undefined && { cause }),
  });
