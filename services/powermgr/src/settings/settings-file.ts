import { copyFile, link, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";

export interface SettingChange {
  readonly key: string;
  /** Null: what the files say. */
  readonly from: string | null;
  readonly to: string | null;
}

export interface AuditEntry {
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor: string;
  readonly reason: string;
  readonly changes: readonly SettingChange[];
}

/** All that was changed at run time. */
export interface SettingsRecord {
  readonly version: number;
  readonly values: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly audit: readonly AuditEntry[];
  /** Where a damaged file went, until somebody has changed the settings again. */
  readonly keptAside?: string;
}

export type ReadSettings =
  | { readonly kind: "none" }
  | { readonly kind: "read"; readonly record: SettingsRecord }
  /** Its content isn't what was written. */
  | { readonly kind: "damaged"; readonly why: string }
  /** What it holds is not known. */
  | { readonly kind: "unreadable"; readonly why: string };

export const emptyRecord: SettingsRecord = { version: 0, values: {}, audit: [] };

export async function readSettings(path: string): Promise<ReadSettings> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    return codeOf(error) === "ENOENT" ? { kind: "none" } : { kind: "unreadable", why: textOf(error) };
  }
  try {
    return { kind: "read", record: recordIn(JSON.parse(text)) };
  } catch (error) {
    return { kind: "damaged", why: textOf(error) };
  }
}

/**
 * Durable once it resolves. After a crash the file is the old one or the new one, never a part of one. A failure leaves
 * the old one, unless it is the directory alone that can't be synced.
 */
export async function writeSettings(path: string, record: SettingsRecord): Promise<void> {
  const next = `${path}.next`;
  const text = `${JSON.stringify({ checksum: checksumOf(record), settings: record }, null, 2)}\n`;
  try {
    await synced(next, "w", (file) => file.writeFile(text));
    await rename(next, path);
  } catch (error) {
    // What a full disk took of it would only take more room; that it can't be removed changes nothing.
    await rm(next, { force: true }).catch(() => {});
    throw error;
  }
  await synced(dirname(path), "r");
}

/**
 * The file stays where it is, too: should nothing else get stored in its place, the next start finds it again.
 * @returns where else it is
 */
export async function keepAside(path: string, at: number): Promise<string> {
  const aside = `${path}.damaged-${new Date(at).toISOString().replaceAll(":", "")}`;
  // A link takes no room, which may be what is missing; not every file system has them.
  await link(path, aside).catch(() => copyFile(path, aside));
  return aside;
}

type File = Awaited<ReturnType<typeof open>>;

async function synced(path: string, flags: string, work: (file: File) => Promise<void> = async () => {}) {
  const file = await open(path, flags, 0o640);
  try {
    await work(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

const checksumOf = (settings: unknown): string => crc32(JSON.stringify(settings)).toString(16).padStart(8, "0");

/** @throws Error saying what is wrong */
function recordIn(parsed: unknown): SettingsRecord {
  if (!isObject(parsed)) throw new Error("it holds no settings");
  const { checksum, settings } = parsed;
  if (checksum !== checksumOf(settings)) throw new Error("its checksum is wrong");
  // With the checksum right, this is what some version of ours wrote; only another version could have meant other fields.
  if (!isRecord(settings)) throw new Error("it holds no settings of this version");
  return settings;
}

const isRecord = (value: unknown): value is SettingsRecord =>
  isObject(value) &&
  Number.isSafeInteger(value.version) &&
  isObject(value.values) &&
  Object.values(value.values).every((text) => typeof text === "string") &&
  Array.isArray(value.audit);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
