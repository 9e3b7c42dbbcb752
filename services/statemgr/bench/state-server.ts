import { connectBus, served } from "@busbar/bus";
import { decodeActionRequest, encodeActionResponse, endpoints } from "@busbar/contracts";
import { openStore } from "./store.ts";

/**
 * Takes actions on chassis over the bus and records each with its result, as if the hardware had done it at once: what
 * test/bench asks for as budget 5, with its commits and without them. Arguments: an empty directory, a platform file,
 * the broker's URL, `each-turn` or `never`.
 */
const [directory = "", platform = "", url = "", commit = ""] = process.argv.slice(2);
if (commit !== "each-turn" && commit !== "never") throw new Error(`commit ${commit} is not known`);
const store = await openStore(directory, platform, commit);
const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
const bus = await connectBus({ url, name: `bench-${commit}`, log });
const endpoint = endpoints.statemgrActions.find(({ name }) => name === "chassis-action");
if (endpoint === undefined) throw new Error("no chassis actions");

const actions = served({ ...endpoint, subject: `bench-${commit}.chassis.*.action` }, async (body, context) => {
  const component = context.component();
  const action = decodeActionRequest(component, body);
  const taken = await store.commit(() => {
    const taken = store.request(component, action);
    store.complete(component, taken);
    return taken;
  });
  const { status, outcome, operationId } = taken;
  return {
    message: encodeActionResponse(component, status),
    outcome,
    ...(operationId !== undefined && { operationId }),
  };
});
await bus.serve({ name: `bench-${commit}`, version: "0.1.0", description: "Budget 5", endpoints: [actions] });
process.on("disconnect", () => process.exit());
process.send?.("ready");
