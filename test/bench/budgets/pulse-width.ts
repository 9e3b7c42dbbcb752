import { componentName, subjects } from "@busbar/contracts";
import type { BoardController } from "@busbar/hardware";
import type { Budget, Side } from "../budget.ts";
import { Child } from "../child.ts";
import { accepted, type Client, openClient } from "../client.ts";
import { programPath } from "../program-path.ts";
import { Switched } from "../switched.ts";

const pressMs = 200;
/** What powermgr is asked beside the presses: 3,200 requests a second, sixteen at a time. */
const load = { atOnce: "16", everyMs: "5" };
const rail = componentName("chassis.3");
const hosts = Array.from({ length: 8 }, (_, index) => componentName(`host.${index}`));

/**
 * How far a press of 200 ms is from 200 ms on the board's own lines, while powermgr answers a flood of requests. Beside
 * it, how far a timer of 200 ms is in a process that does nothing else: below that no program can get.
 */
export const pulseWidth: Budget = {
  row: 8,
  figure: "press of 200 ms under load, error",
  floor: "timer of 200 ms, error",
  limit: { of: "value", atMost: 2_000 },
  system: "bench",
  unit: "µs",
  percentile: 99,
  samples: { usual: 24, quick: 16 },
  async open(setting) {
    const client = await openClient(setting);
    await turn(client, await Switched.open(client, rail));
    const buttons = await Promise.all(hosts.map((host) => Switched.open(client, host)));
    const flood = await Child.start(programPath(setting.programs, "flood"), [
      setting.natsUrl,
      load.atOnce,
      load.everyMs,
    ]);
    return {
      floor: inParallel(timerErrors),
      figure: async (count) => {
        const { seq } = await client.board.state();
        await inParallel(async (presses) => {
          const button = buttons.pop();
          if (button === undefined) throw new Error("there are more lanes than hosts");
          for (let press = 0; press < presses; press += 1) await turn(client, button);
          buttons.push(button);
          return [];
        })(count);
        return pressErrors(client.board, seq, count);
      },
      async close() {
        await flood.stop();
        await client.close();
      },
    };
  },
};

/**
 * Shares `count` samples among as many lanes as there are hosts. They begin one after the other: hosts are pressed in
 * parallel to save time, not to be in each other's way at the same instant.
 */
const inParallel =
  (lane: (count: number) => Promise<readonly number[]>): Side =>
  async (count) => {
    const begun = hosts.map(async (_, index) => {
      await pause((pressMs / hosts.length) * index);
      return lane(count / hosts.length);
    });
    return (await Promise.all(begun)).flat();
  };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function turn(client: Client, switched: Switched): Promise<void> {
  const { body, settled } = await switched.begin();
  accepted(await client.send(subjects.action("statemgr", switched.component), body));
  await settled;
}

async function timerErrors(count: number): Promise<readonly number[]> {
  const errors: number[] = [];
  while (errors.length < count) {
    const start = performance.now();
    await pause(pressMs);
    errors.push(Math.abs(performance.now() - start - pressMs) * 1000);
  }
  return errors;
}

/** From the board's journal. @throws when it does not hold as many presses as were asked for */
async function pressErrors(board: BoardController, after: number, count: number): Promise<readonly number[]> {
  const asserted = new Map<string, number>();
  const errors: number[] = [];
  for (const entry of await board.entries(after)) {
    if (entry.type !== "edge" || !entry.line.startsWith("power-button-")) continue;
    const since = asserted.get(entry.line);
    if (entry.asserted) asserted.set(entry.line, entry.at);
    else if (since !== undefined) errors.push(Math.abs(entry.at - since - pressMs) * 1000);
  }
  if (errors.length === count) return errors;
  throw new Error(`the board saw ${errors.length} presses instead of ${count}`);
}
