import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's root. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Everything that scripts fetch or remember lives here; deleting it costs time, never correctness. */
export const cache = join(root, ".cache");
