import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type OutletPower = "on" | "off";

/** What the fake PDU does instead of answering as it should. */
export type Mood = "well" | "away" | "silent" | "broken" | "nonsense" | "fails-after-switching";

/** A switched PDU: outlets by number, a token, and a mood. */
export class FakePdu {
  readonly token = "outlet-token";
  readonly outlets: Map<number, OutletPower>;
  /** What it was told to switch, in order. */
  readonly switched: { readonly outlet: number; readonly power: OutletPower }[] = [];
  mood: Mood = "well";
  /** Requests that came. */
  asked = 0;
  onSwitch: (outlet: number, power: OutletPower) => void = () => {};
  #server: Server;

  constructor(outlets: Iterable<readonly [number, OutletPower]> = [[3, "off"]]) {
    this.outlets = new Map(outlets);
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @returns the URL of the PDU */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked += 1;
    if (this.mood === "away") return void request.socket.destroy();
    if (this.mood === "silent") return;
    if (this.mood === "broken") return end(response, 500);
    if (request.headers.authorization !== `Bearer ${this.token}`) return end(response, 401);
    const outlet = Number(/^\/outlets\/(\d+)$/.exec(request.url ?? "")?.[1]);
    const power = this.outlets.get(outlet);
    if (power === undefined) return end(response, 404);
    if (request.method === "GET") {
      const state = this.mood === "nonsense" ? "🔌" : { power, watts: power === "on" ? 41.5 : 0 };
      return end(response, 200, state);
    }
    await this.#switch(outlet, request, response);
  }

  async #switch(outlet: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { power } = JSON.parse(Buffer.concat(parts).toString()) as { power: OutletPower };
    this.switched.push({ outlet, power });
    this.outlets.set(outlet, power);
    this.onSwitch(outlet, power);
    if (this.mood !== "fails-after-switching") return end(response, 204);
    this.mood = "well";
    end(response, 502);
  }
}

function end(response: ServerResponse, status: number, body?: unknown): void {
  response.statusCode = status;
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
