import { type ComponentName, componentName } from "@busbar/contracts";
import { openStore, type Store } from "./store.ts";

/**
 * One state change per commit and nothing else, timed from the call to its durable end: what test/bench asks for as
 * budget 4. Arguments: an empty directory, a platform file with chassis.0.
 */
const [directory = "", platform = ""] = process.argv.slice(2);
const component = componentName("chassis.0");
const store = await openStore(directory, platform, "each-turn");
const next = changes(store, component);

async function* changes({ commit, request, complete }: Store, name: ComponentName): AsyncGenerator<void> {
  for (;;) {
    for (const action of ["CHASSIS_ACTION_ON", "CHASSIS_ACTION_OFF"] as const) {
      const taken = await commit(() => request(name, action));
      yield;
      await commit(() => complete(name, taken));
      yield;
    }
  }
}

async function take(count: number): Promise<readonly number[]> {
  const microseconds: number[] = [];
  while (microseconds.length < count) {
    const start = performance.now();
    await next.next();
    microseconds.push((performance.now() - start) * 1000);
  }
  return microseconds;
}

process.on("message", async ({ count }: { readonly count: number }) => process.send?.({ samples: await take(count) }));
process.on("disconnect", () => process.exit());
process.send?.("ready");
