import { bootstrap } from "./bootstrap.mjs";
import { root } from "./repository.mjs";
import { pathOfRunningNode } from "./running-node.mjs";

/**
 * Makes the checkout ready to build and run.
 * @returns {Promise<NodeJS.ProcessEnv>} the environment for what is run then
 */
export async function prepare() {
  const { natsServer } = await bootstrap();
  return { ...process.env, PATH: pathOfRunningNode, BUSBAR_NATS_SERVER: natsServer, BUSBAR_ROOT: root };
}
