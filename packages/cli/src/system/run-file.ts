import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BusbarError } from "@busbar/contracts";

/** What the launcher leaves in its data directory while a system runs (packages/launcher/src/run-file.ts). */
export interface RunFile {
  readonly path: string;
  readonly natsUrl: string;
  readonly boardSocket: string | undefined;
  /** The process that removes the file when it ends; a file whose launcher was killed stays behind. */
  readonly launcher: number | undefined;
}

/**
 * Undefined when there is none.
 * @throws BusbarError FAILED_PRECONDITION for one that can't be read or is none of ours
 */
export function readRunFile(dataDir: string): RunFile | undefined {
  const path = join(dataDir, "run.json");
  const content = readJsonFile(path);
  if (content === undefined) return undefined;
  const natsUrl = content.get("nats_url");
  const boardSocket = content.get("board_socket");
  const pids = content.get("pids");
  if (typeof natsUrl !== "string") throw unreadable(path, "it has no nats_url");
  const launcher = fieldsOf(pids)?.get("launcher");
  return {
    path,
    natsUrl,
    boardSocket: typeof boardSocket === "string" ? boardSocket : undefined,
    launcher: typeof launcher === "number" && Number.isInteger(launcher) && launcher > 0 ? launcher : undefined,
  };
}

/** A JSON object by its fields; undefined when there is no such file. @throws BusbarError FAILED_PRECONDITION */
export function readJsonFile(path: string): ReadonlyMap<string, unknown> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  try {
    const fields = fieldsOf(JSON.parse(text));
    if (fields) return fields;
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  throw unreadable(path, "it is not a JSON object");
}

const fieldsOf = (value: unknown): ReadonlyMap<string, unknown> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : undefined;

export const unreadable = (path: string, why: string, cause?: unknown): BusbarError =>
  new BusbarError("FAILED_PRECONDITION", `${path} can't be used: ${why}`, {
    component: path,
    reason: "unreadable",
    remedy: "mend it, or name the broker with --nats-url",
    cause,
  });
