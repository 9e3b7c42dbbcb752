import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** sockaddr_un.sun_path is 108 bytes with its NUL (unix(7)). */
const longestPath = 107;

/** In the data directory, or where its name is too long for a socket, under a short name in the temporary directory. */
export function boardSocketPath(dataDir: string): string {
  const path = join(dataDir, "board.sock");
  if (Buffer.byteLength(path) <= longestPath) return path;
  const digest = createHash("sha256").update(dataDir).digest("hex").slice(0, 12);
  return join(tmpdir(), `busbar-${digest}.sock`);
}
