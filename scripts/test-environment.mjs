import { findNatsServer } from "./nats-server.mjs";
import { root } from "./repository.mjs";

/** Lets tests find the broker and the bundles also when vitest is run by itself, from an editor for instance. */
export async function setup() {
  process.env.BUSBAR_NATS_SERVER = await findNatsServer();
  process.env.BUSBAR_ROOT = root;
}
