import { join } from "node:path";
import { type Budget, oneByOne, timed } from "../budget.ts";
import { Child } from "../child.ts";
import { SyncedFile } from "../floors/synced-file.ts";
import { programPath } from "../program-path.ts";
import { decodeSamples } from "../samples.ts";

/** One step of a component's life, until statemgr's own store has it for good. */
export const stateChange: Budget = {
  row: 4,
  figure: "durable state change",
  floor: "fdatasync",
  limit: { of: "ratio", atMost: 1.25 },
  system: "bench",
  unit: "µs",
  percentile: 50,
  samples: { usual: 200, quick: 60 },
  async open({ programs, scratch, platform }) {
    const file = new SyncedFile(join(scratch, "floor"));
    const store = await Child.start(programPath(programs, "state-change"), [scratch, platform]);
    await store.ask({ count: 1_000 }); // until its code is compiled
    return {
      floor: oneByOne(async () => (await timed(async () => file.append())).took),
      figure: async (count) => decodeSamples(await store.ask({ count })),
      async close() {
        file.close();
        await store.stop();
      },
    };
  },
};
