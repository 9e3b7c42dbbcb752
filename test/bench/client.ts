import { type Bus, connectBus, type Reply } from "@busbar/bus";
import { decodeError, headers, milliseconds } from "@busbar/contracts";
import { type BoardController, connectController } from "@busbar/hardware";
import type { Setting } from "./budget.ts";

/** Who asks, and who watches what comes of it. */
export interface Client {
  readonly bus: Bus;
  readonly board: BoardController;
  /** Bytes out, bytes back, and nothing is looked at: the floor is sent in the same way. */
  send(subject: string, data: Uint8Array, lines?: Readonly<Record<string, string>>): Promise<Reply>;
  close(): Promise<void>;
}

const timeout = milliseconds(10_000);
const quietLog = { debug() {}, info() {}, warn() {}, error() {} };

export async function openClient({ natsUrl, boardSocket }: Setting): Promise<Client> {
  const bus = await connectBus({ url: natsUrl, name: "bench", log: quietLog });
  const board = await connectController({ socket: boardSocket, client: "bench", timeout });
  return {
    bus,
    board,
    send: (subject, data, lines) => bus.exchange(subject, data, { timeout, ...(lines && { headers: lines }) }),
    async close() {
      await bus.close(milliseconds(200));
      board.close();
    },
  };
}

/** @returns the operation that it belongs to. @throws when it is an error: a refusal takes another way than the one measured */
export function accepted(reply: Reply): string | undefined {
  if (reply.header(headers.error) === undefined) return reply.header(headers.operationId);
  const cause = decodeError(reply.data);
  throw new Error(`a request was refused: ${cause?.message ?? "unreadable"}`, { cause });
}
