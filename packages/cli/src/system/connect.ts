import { type Bus, type BusLog, connectBus } from "@busbar/bus";
import { asBusbarError, BusbarError, milliseconds } from "@busbar/contracts";
import { type BoardController, connectController } from "@busbar/hardware";
import { deadline } from "./deadline.ts";
import type { FoundSystem } from "./find-system.ts";

const connectWithin = milliseconds(5_000);
const closeGrace = milliseconds(200);

/** What we do with a connection ends with it. @throws BusbarError UNAVAILABLE when no broker answers */
export async function withBus<T>(system: FoundSystem, work: (bus: Bus) => Promise<T>): Promise<T> {
  const bus = await connect(system);
  try {
    return await work(bus);
  } finally {
    await bus.close(closeGrace);
  }
}

/**
 * The bus waits for a broker as long as it takes, which suits daemons. Whoever sits at a terminal wants to know at once:
 * the first failed try, which the bus tells its log, is the last.
 */
async function connect({ natsUrl, namedBy }: FoundSystem): Promise<Bus> {
  const trying = deadline(connectWithin);
  let why = `it did not answer within ${connectWithin} ms`;
  const log: BusLog = {
    debug() {},
    info() {},
    warn(fields) {
      if ("cause" in fields) {
        why = String(fields.cause);
        trying.abort();
      }
    },
    error() {},
  };
  try {
    return await connectBus({ url: natsUrl, name: "busbar-cli", log, signal: trying.signal });
  } catch (thrown) {
    const error = asBusbarError(thrown);
    if (error.code !== "ABORTED") throw error;
    throw new BusbarError(
      "UNAVAILABLE",
      `no broker at ${natsUrl.replace(/\/\/.*@/, "//")} (named by ${namedBy}): ${why}`,
      {
        reason: "no-broker",
        remedy: "start the system (npm start), or name another broker with --nats-url",
        cause: error,
      },
    );
  } finally {
    trying.release();
  }
}

/** @throws BusbarError FAILED_PRECONDITION when the system has no simulated board, HARDWARE_UNAVAILABLE when it is gone */
export async function withBoard<T>(system: FoundSystem, work: (board: BoardController) => Promise<T>): Promise<T> {
  if (system.boardSocket === undefined) {
    throw new BusbarError("FAILED_PRECONDITION", `${system.namedBy} names no simulated board`, {
      component: "board",
      reason: "no-board",
      remedy: "name the data directory of a simulated system with --data-dir; real boards have none",
    });
  }
  const board = await connectController({ socket: system.boardSocket, client: "busbar-cli" });
  try {
    return await work(board);
  } finally {
    board.close();
  }
}
