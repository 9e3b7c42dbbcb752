import { randomUUID } from "node:crypto";
import { componentName, headers, subjects } from "@busbar/contracts";
import { type Budget, oneByOne, timed } from "../budget.ts";
import { accepted } from "../client.ts";
import { openRail, type Past, type Rail } from "../rail.ts";
import { quiet, warmUp } from "../warm.ts";

const component = componentName("chassis.0");
const subject = subjects.action("powermgr", component);

/** What powermgr adds to a round trip until it has answered: decode, validate, interlocks, queue, reply. */
export const admission: Budget = {
  row: 1,
  figure: "powermgr action admitted",
  floor: "echo",
  limit: { of: "ratio", atMost: 1.3 },
  system: "bench",
  unit: "µs",
  percentile: 50,
  samples: { usual: 50, quick: 20 },
  async open(setting) {
    const rail = await openRail(setting, component);
    let past = (await admit(rail, async () => {})).past;
    await warmUp(() => rail.echo());
    await warmUp(() => rail.repeat(past));
    return {
      floor: oneByOne(async () => {
        await quiet();
        await rail.echo();
        return (await timed(() => rail.echo())).took;
      }),
      figure: oneByOne(async () => {
        const admitted = await admit(rail, () => rail.repeat(past));
        past = admitted.past;
        return admitted.took;
      }),
      close: () => rail.close(),
    };
  },
};

async function admit({ client, switched }: Rail, before: () => Promise<void>): Promise<{ took: number; past: Past }> {
  const operation = randomUUID();
  const { body, settled } = await switched.begin();
  const lines = { [headers.operationId]: operation };
  await quiet();
  await before();
  const { took, result } = await timed(() => client.send(subject, body, lines));
  accepted(result);
  await settled;
  return { took, past: { operation, body } };
}
