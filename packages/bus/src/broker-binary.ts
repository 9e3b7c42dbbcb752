import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { BusbarError } from "@busbar/contracts";

/** Debian puts it into /usr/sbin, which isn't in every user's PATH. */
const alsoIn = ["/usr/local/sbin", "/usr/sbin", "/usr/local/bin"];

/**
 * The nats-server to run: $BUSBAR_NATS_SERVER, else the first in PATH.
 * @throws BusbarError FAILED_PRECONDITION with the command that installs it
 */
export function findBrokerBinary(env: NodeJS.ProcessEnv = process.env): string {
  const named = env.BUSBAR_NATS_SERVER;
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    throw missing(`BUSBAR_NATS_SERVER names ${named}, which can't be run`);
  }
  const folders = [...(env.PATH ?? "").split(delimiter).filter((folder) => folder !== ""), ...alsoIn];
  const found = folders.map((folder) => join(folder, "nats-server")).find(isExecutable);
  if (found !== undefined) return found;
  throw missing("nats-server is not installed");
}

const missing = (message: string): BusbarError =>
  new BusbarError("FAILED_PRECONDITION", message, {
    remedy: "run `apt-get install nats-server`, or set BUSBAR_NATS_SERVER to the path of one",
  });

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
