import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface LossyProxy {
  readonly url: string;
  /** Chunks from the broker that match are thrown away, `count` times; resolves when that has happened. */
  swallow(pattern: RegExp, count?: number): Promise<void>;
  /** Cuts every connection; new ones are let through. */
  cut(): void;
}

/** A TCP relay in front of a broker that loses what it is told to lose. */
export async function lossyProxy(port: number): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  let swallowing: { pattern: RegExp; left: number; done: () => void } | undefined;

  const fromBroker = (chunk: Buffer): Buffer | undefined => {
    if (swallowing === undefined || !swallowing.pattern.test(chunk.toString("latin1"))) return chunk;
    swallowing.left -= 1;
    if (swallowing.left === 0) {
      swallowing.done();
      swallowing = undefined;
    }
    return undefined;
  };

  const server = createServer((client) => {
    const broker = createConnection(port, "127.0.0.1");
    for (const socket of [client, broker]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        broker.destroy();
      });
    }
    client.on("data", (chunk) => broker.write(chunk));
    broker.on("data", (chunk) => {
      const passed = fromBroker(chunk);
      if (passed !== undefined) client.write(passed);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `nats://127.0.0.1:${address.port}`,
    swallow: (pattern, count = 1) =>
      new Promise((resolve) => {
        swallowing = { pattern, left: count, done: resolve };
      }),
    cut,
  };
}
