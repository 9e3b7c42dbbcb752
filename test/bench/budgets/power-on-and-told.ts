import { componentName, subjects } from "@busbar/contracts";
import { type Budget, oneByOne, timed } from "../budget.ts";
import { accepted } from "../client.ts";
import { openRail, type Past, type Rail } from "../rail.ts";
import { quiet, warmUp } from "../warm.ts";

const component = componentName("chassis.2");
const subject = subjects.action("statemgr", component);
const times = [1, 2, 3];

/** From a client's request to the event that says that it is done, over a board that takes no time. */
export const powerOnAndTold: Budget = {
  row: 3,
  figure: "request to event at the client",
  floor: "3 echoes, 3 fdatasync",
  limit: { of: "ratio", atMost: 1.3 },
  system: "bench",
  unit: "µs",
  percentile: 50,
  samples: { usual: 50, quick: 20 },
  async open(setting) {
    const rail = await openRail(setting, component);
    let { past } = await switchOver(rail, async () => {});
    const before = async () => {
      await rail.repeat(past);
      await rail.noOp(past);
    };
    await warmUp(() => rail.echo());
    await warmUp(before);
    return {
      floor: oneByOne(async () => {
        await quiet();
        await rail.echo();
        const floor = await timed(async () => {
          for (const _ of times) {
            await rail.echo();
            rail.synced();
          }
        });
        return floor.took;
      }),
      figure: oneByOne(async () => {
        const figure = await switchOver(rail, before);
        past = figure.past;
        return figure.took;
      }),
      close: () => rail.close(),
    };
  },
};

async function switchOver(rail: Rail, before: () => Promise<void>): Promise<{ took: number; past: Past }> {
  const { body, done, settled } = await rail.switched.begin();
  await quiet();
  await before();
  const start = performance.now();
  const reply = await rail.client.send(subject, body);
  const took = ((await done) - start) * 1000;
  const operation = accepted(reply) ?? "";
  await settled;
  return { took, past: { operation, body } };
}
