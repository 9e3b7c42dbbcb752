import { createServer, type Server } from "node:net";
import type { Board } from "./board.ts";
import { BoardClient } from "./client.ts";
import { listen } from "./listen.ts";
import type { Log } from "./log.ts";

const mostConnections = 64;
/** So long may last replies take to leave. */
const farewell = 200;

export interface ServerOptions {
  readonly board: Board;
  readonly socket: string;
  readonly log: Log;
  /** A client has asked for the end. */
  readonly onShutdown: () => void;
}

/** The board's socket. */
export class BoardServer {
  readonly #server: Server;
  readonly #clients: Set<BoardClient>;

  private constructor(server: Server, clients: Set<BoardClient>) {
    this.#server = server;
    this.#clients = clients;
  }

  /** @throws BusbarError if the socket can't be ours. */
  static async start({ board, socket: path, log, onShutdown }: ServerOptions): Promise<BoardServer> {
    const clients = new Set<BoardClient>();
    const server = createServer((socket) => {
      const client = new BoardClient(socket, board, log, onShutdown);
      clients.add(client);
      void client.closed.then(() => clients.delete(client));
    });
    server.maxConnections = mostConnections;
    server.on("drop", () => log("warn", "connection refused: too many clients", { clients: mostConnections }));
    await listen(server, path);
    server.on("error", (error) => log("error", "socket failed", { error: error.message }));
    return new BoardServer(server, clients);
  }

  /** Disconnects everybody and removes the socket file. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const client of this.#clients) client.close();
    const timer = setTimeout(() => {
      for (const client of this.#clients) client.destroy();
    }, farewell);
    await Promise.all([closed, ...[...this.#clients].map((client) => client.closed)]);
    clearTimeout(timer);
  }
}
