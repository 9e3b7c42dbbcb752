import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { componentName, encodeActionRequest } from "@busbar/contracts";
import { type Budget, oneByOne, type Setting } from "../budget.ts";
import { Child } from "../child.ts";
import { accepted, type Client, openClient } from "../client.ts";
import { programPath } from "../program-path.ts";

const inFlight = 256;
const burstMs = 500;
const components = ["chassis.0", "chassis.1", "chassis.2", "chassis.3"].map(componentName);

/** What durability leaves of the rate, when there are enough requests to share a commit. */
export const throughput: Budget = {
  row: 5,
  figure: "durable actions, 256 in flight",
  floor: "same, never committed",
  limit: { of: "ratio", atLeast: 0.7 },
  system: "bench",
  unit: "1/s",
  percentile: 50,
  samples: { usual: 1, quick: 1 },
  async open(setting) {
    const client = await openClient(setting);
    const never = await startServer(setting, client, "never");
    const durable = await startServer(setting, client, "each-turn");
    return {
      floor: oneByOne(() => never.burst()),
      figure: oneByOne(() => durable.burst()),
      async close() {
        await never.close();
        await durable.close();
        await client.close();
      },
    };
  },
};

interface Server {
  /** @returns requests answered per second */
  burst(): Promise<number>;
  close(): Promise<void>;
}

async function startServer(setting: Setting, client: Client, commit: "never" | "each-turn"): Promise<Server> {
  const { programs, scratch, platform, natsUrl } = setting;
  const folder = join(scratch, commit);
  mkdirSync(folder);
  const child = await Child.start(programPath(programs, "state-server"), [folder, platform, natsUrl, commit]);
  const bodies = components.flatMap((component) => {
    const subject = `bench-${commit}.${component}.action`;
    return [
      {
        subject,
        on: encodeActionRequest(component, "CHASSIS_ACTION_ON"),
        off: encodeActionRequest(component, "CHASSIS_ACTION_OFF"),
      },
    ];
  });
  let sent = 0;
  /** Each component on, then each off: they are served in the order in which they are sent. */
  const send = async (): Promise<void> => {
    const round = Math.floor(sent / bodies.length);
    const body = bodies[sent % bodies.length];
    sent += 1;
    if (body === undefined) throw new Error("there are no components");
    accepted(await client.send(body.subject, round % 2 === 0 ? body.on : body.off));
  };
  return {
    async burst() {
      const start = performance.now();
      let answered = 0;
      const lane = async () => {
        while (performance.now() - start < burstMs) {
          await send();
          answered += 1;
        }
      };
      await Promise.all(Array.from({ length: inFlight }, lane));
      return answered / ((performance.now() - start) / 1000);
    },
    close: () => child.stop(),
  };
}
