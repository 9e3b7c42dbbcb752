import { chmod, lstat, unlink } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { BusbarError, type ErrorCode } from "@busbar/contracts";

/** sockaddr_un.sun_path has 108 bytes, the last one a NUL (unix(7)); Node would cut a longer path silently. */
const longestPath = 107;

/**
 * Listens on a unix socket that only its owner can open. The socket file of a dead board is replaced.
 * @throws BusbarError: a living board serves it, it is no socket, the path is too long or can't be used.
 */
export async function listen(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath) {
    throw refusal("INVALID_ARGUMENT", path, `is longer than ${longestPath} bytes`, "choose a shorter path");
  }
  await clear(path);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        refusal(
          "UNAVAILABLE",
          path,
          `can't be listened on: ${cause.message}`,
          "see that its directory exists and is ours",
          cause,
        ),
      ),
    );
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
}

async function clear(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw refusal("CONFLICT", path, "is there and no socket", "choose another path, or remove it");
  if (await isServed(path)) {
    throw refusal(
      "CONFLICT",
      path,
      "is served by a board that runs already",
      "stop that board, or choose another path",
    );
  }
  await unlink(path);
}

/** Only a refused connection proves that nobody listens; whatever else happens, somebody may. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
  });
}

const refusal = (code: ErrorCode, path: string, problem: string, remedy: string, cause?: unknown): BusbarError =>
  new BusbarError(code, `socket ${path} ${problem}`, { component: path, reason: "board-socket", remedy, cause });
