import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { BusbarError } from "@busbar/contracts";
import type { Health } from "./health.ts";
import type { Metrics } from "./metrics.ts";

export interface StatusServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * GET /metrics (Prometheus text) and /healthz (JSON; 503 when a check has failed) on the loopback.
 * @param port 0: any free one
 * @throws BusbarError UNAVAILABLE when the port can't be had
 */
export async function startStatusServer(port: number, metrics: Metrics, health: Health): Promise<StatusServer> {
  const { createServer } = await import("node:http"); // 0.4 MB that a daemon without it saves
  const server = createServer((request, response) => answer(request, response, metrics, health));
  server.requestTimeout = 5_000;
  server.headersTimeout = 5_000;
  server.maxConnections = 16;
  server.unref(); // it serves a daemon; it doesn't keep one alive
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (cause) {
    throw new BusbarError("UNAVAILABLE", `port ${port} for metrics can't be had: ${String(cause)}`, {
      cause,
      component: "metrics",
      remedy: "choose another metrics port, or 0 for any free one",
    });
  }
  return {
    port: portOf(server),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, metrics: Metrics, health: Health): void {
  const send = (status: number, type: string, body: string) => {
    response.writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      connection: "close",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
  const path = request.url?.split("?")[0];
  if (request.method !== "GET" && request.method !== "HEAD") {
    send(405, "text/plain", "only GET\n");
  } else if (path === "/metrics") {
    send(200, "text/plain; version=0.0.4; charset=utf-8", metrics.text());
  } else if (path === "/healthz") {
    const summary = health.summary();
    send(summary.status === "failed" ? 503 : 200, "application/json", `${JSON.stringify(summary)}\n`);
  } else {
    send(404, "text/plain", "try /metrics or /healthz\n");
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
