import type { Exchange } from "@busbar/bus";
import { milliseconds } from "@busbar/contracts";
import type { Setting } from "../budget.ts";
import { Child } from "../child.ts";
import { programPath } from "../program-path.ts";

export interface Echo {
  /** A round trip through the broker to the other process and back. */
  send(data: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

const timeout = milliseconds(5_000);

/** What no request can be faster than: a bare subscriber in a process of its own that returns what it got. */
export async function startEcho({ programs, root, natsUrl }: Setting, exchange: Exchange): Promise<Echo> {
  const child = await Child.start(programPath(programs, "echo"), [root, natsUrl]);
  return {
    send: (data) => exchange("bench.echo", data, { timeout }),
    close: () => child.stop(),
  };
}
