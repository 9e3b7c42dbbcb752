import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** A lock as it survives a restart of the daemon. `until` is CLOCK_BOOTTIME of the boot. */
export interface StoredLock {
  readonly boot: string;
  readonly until: number;
  readonly reason: string;
  readonly actor: string;
}

export interface LockFile {
  /** Resolves once it is on stable storage. */
  write(lock: StoredLock): Promise<void>;
  remove(): Promise<void>;
  /** @throws when there is one that can't be read */
  read(): Promise<StoredLock | undefined>;
}

export function firmwareLockFile(directory: string): LockFile {
  const path = join(directory, "firmware-lock.json");
  return {
    async write(lock) {
      const next = await open(`${path}.next`, "w", 0o640);
      try {
        await next.writeFile(`${JSON.stringify(lock)}\n`);
        await next.datasync();
      } finally {
        await next.close();
      }
      await rename(`${path}.next`, path);
      await syncDirectory(directory);
    },
    async remove() {
      await rm(path, { force: true });
      await syncDirectory(directory);
    },
    async read() {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      return text === undefined ? undefined : parse(text);
    },
  };
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function parse(text: string): StoredLock {
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null) {
    const { boot, until, reason, actor } = value as Record<string, unknown>;
    if (
      typeof boot === "string" &&
      typeof until === "number" &&
      typeof reason === "string" &&
      typeof actor === "string"
    ) {
      return { boot, until, reason, actor };
    }
  }
  throw new TypeError("it holds no lock");
}
