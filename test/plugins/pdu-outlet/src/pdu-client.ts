import type { OutletOptions } from "./options.ts";

export interface OutletState {
  readonly power: "on" | "off";
  readonly watts: number;
}

/** The PDU was asked to switch and didn't say that it has: nobody knows whether it did. */
export class SwitchUncertain extends Error {}

/** The PDU's HTTP interface: GET and PUT /outlets/<n>, a token in the header. */
export class PduClient {
  readonly outlet: string;
  #url: URL;
  #headers: Record<string, string>;
  #timeoutMs: number;

  constructor({ url, outlet, timeoutMs }: OutletOptions, token: string) {
    this.outlet = `outlet ${outlet} of ${new URL(url).host}`;
    this.#url = new URL(`/outlets/${outlet}`, url);
    this.#headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    this.#timeoutMs = timeoutMs;
  }

  /** @throws Error saying why nothing is known */
  async state(): Promise<OutletState> {
    const response = await this.#send({});
    if (!response.ok) throw this.#refusal(response);
    const state: unknown = await response.json();
    if (isOutletState(state)) return state;
    throw new Error(`${this.outlet} answers what is no state of an outlet`);
  }

  /** @throws SwitchUncertain when the PDU may have switched, another Error when it surely has not */
  async switch(power: "on" | "off"): Promise<void> {
    let response: Response;
    try {
      response = await this.#send({ method: "PUT", body: JSON.stringify({ power }) });
    } catch (cause) {
      throw neverConnected(cause) ? cause : new SwitchUncertain((cause as Error).message, { cause });
    }
    await response.body?.cancel();
    if (response.ok) return;
    const refusal = this.#refusal(response);
    throw response.status < 500 ? refusal : new SwitchUncertain(refusal.message);
  }

  async #send(init: RequestInit): Promise<Response> {
    try {
      return await fetch(this.#url, { ...init, headers: this.#headers, signal: AbortSignal.timeout(this.#timeoutMs) });
    } catch (cause) {
      const late = cause instanceof Error && cause.name === "TimeoutError";
      const why = late ? `has not answered within ${this.#timeoutMs} ms` : `can't be reached: ${reasonOf(cause)}`;
      throw new Error(`${this.outlet} ${why}`, { cause });
    }
  }

  #refusal({ status }: Response): Error {
    if (status === 401 || status === 403) return new Error(`${this.outlet} refuses the token (HTTP ${status})`);
    return new Error(`${this.outlet} answers HTTP ${status}`);
  }
}

/** fetch says only that it failed; its cause says why. */
const codeOf = (thrown: unknown): string | undefined => {
  const cause: unknown = thrown instanceof Error ? thrown.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : undefined;
};

const reasonOf = (thrown: unknown): string => codeOf(thrown) ?? String(thrown);

const neverConnected = (thrown: unknown): boolean =>
  ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH"].includes(codeOf((thrown as Error).cause) ?? "");

const isOutletState = (value: unknown): value is OutletState =>
  typeof value === "object" &&
  value !== null &&
  "power" in value &&
  (value.power === "on" || value.power === "off") &&
  "watts" in value &&
  typeof value.watts === "number";
