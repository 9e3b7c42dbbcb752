import { componentName, subjects } from "@busbar/contracts";
import { type Budget, oneByOne, timed } from "../budget.ts";
import { accepted } from "../client.ts";
import { openRail, type Past, type Rail } from "../rail.ts";
import { quiet, warmUp } from "../warm.ts";

const component = componentName("chassis.1");
const subject = subjects.action("statemgr", component);

/** A client's request until it is answered: committed by statemgr and admitted by powermgr. */
export const acceptedAction: Budget = {
  row: 2,
  figure: "statemgr action accepted",
  floor: "2 echoes, 1 fdatasync",
  limit: { of: "ratio", atMost: 1.3 },
  system: "bench",
  unit: "µs",
  percentile: 50,
  samples: { usual: 50, quick: 20 },
  async open(setting) {
    const rail = await openRail(setting, component);
    let { past } = await accept(rail, async () => {});
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
          await rail.echo();
          rail.synced();
          await rail.echo();
        });
        return floor.took;
      }),
      figure: oneByOne(async () => {
        const figure = await accept(rail, before);
        past = figure.past;
        return figure.took;
      }),
      close: () => rail.close(),
    };
  },
};

async function accept({ client, switched }: Rail, before: () => Promise<void>): Promise<{ took: number; past: Past }> {
  const { body, settled } = await switched.begin();
  await quiet();
  await before();
  const { took, result } = await timed(() => client.send(subject, body));
  const operation = accepted(result) ?? "";
  await settled;
  return { took, past: { operation, body } };
}
