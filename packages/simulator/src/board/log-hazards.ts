import type { Board } from "./board.ts";
import type { Log } from "./log.ts";

/** A hazard is what everybody should see at once, whether or not a test asks for it. */
export function logHazards(board: Board, log: Log): void {
  let seen = 0;
  board.onAppended(() => {
    for (let entry = board.entryAfter(seen); entry !== undefined; entry = board.entryAfter(seen)) {
      seen = entry.seq;
      if (entry.type !== "hazard") continue;
      const { code, component, line, when, text } = entry;
      log("error", `hazard: ${text}`, { code, component, line, when });
    }
  });
}
