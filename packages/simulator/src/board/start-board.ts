import { Alarm } from "./alarm.ts";
import { Board } from "./board.ts";
import { monotonic } from "./clock.ts";
import type { BoardConfig } from "./config.ts";
import { JournalFile } from "./journal-file.ts";
import type { Log } from "./log.ts";
import { logHazards } from "./log-hazards.ts";
import { BoardServer } from "./server.ts";

/** Entries kept in memory: about 20 MB, and hours of a busy test. */
const journalLimit = 100_000;

export interface StartOptions {
  readonly config: BoardConfig;
  readonly socket: string;
  readonly journal?: string | undefined;
  readonly log: Log;
  readonly onShutdown: () => void;
}

export interface RunningBoard {
  readonly board: Board;
  /** Disconnects everybody, removes the socket, writes the journal's end. */
  stop(): Promise<void>;
}

/** A board with clock, timer, socket and journal file. @throws BusbarError if the socket can't be ours. */
export async function startBoard({ config, socket, journal, log, onShutdown }: StartOptions): Promise<RunningBoard> {
  const alarm = new Alarm(monotonic, () => board.wake());
  const board = new Board({
    config,
    clock: monotonic,
    wall: new Date().toISOString(),
    journalLimit,
    deadlineChanged: (deadline) => alarm.set(deadline),
  });
  logHazards(board, log);
  const server = await BoardServer.start({ board, socket, log, onShutdown });
  const file = journal === undefined ? undefined : new JournalFile(board, journal, log);
  return {
    board,
    stop: async () => {
      await server.stop();
      alarm.stop();
      await file?.close();
    },
  };
}
