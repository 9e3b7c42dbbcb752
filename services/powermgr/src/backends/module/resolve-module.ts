import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { BusbarError } from "@busbar/contracts";

/** Which of a package's entries are for us, as Node's own resolution of an import has it. */
const conditions = new Set(["node", "import", "default"]);

/**
 * The file of a module that a platform file names, as a URL to import. Packages are looked for from the platform file's
 * directory upward, not from powermgr, which is one bundle and may lie anywhere. Node can resolve an import for another
 * file only behind a flag (`import.meta.resolve` with a parent), and `require.resolve` misses packages that have only
 * an `import` entry.
 * @throws BusbarError NOT_FOUND saying where it was looked for
 */
export function resolveModule(name: string, directory: string): string {
  if (isBuiltin(name)) throw notFound(name, "is one of Node's own modules, not a backend");
  const file = /^[./]/.test(name) ? resolve(directory, name) : packageEntry(name, directory);
  if (!existsSync(file)) throw notFound(name, `is not there: ${file}`);
  return pathToFileURL(file).href;
}

function packageEntry(name: string, directory: string): string {
  const [, packageName = name, subpath = ""] = /^((?:@[^/]+\/)?[^/]+)(?:\/(.*))?$/.exec(name) ?? [];
  const root = findPackage(packageName, directory);
  if (root === undefined) throw notFound(name, `is not installed in ${directory} or above it (node_modules)`);
  const manifest = readManifest(name, join(root, "package.json"));
  if (manifest.exports === undefined) return join(root, subpath || main(manifest));
  const entry = exported(manifest.exports, subpath === "" ? "." : `./${subpath}`);
  if (entry === undefined) throw notFound(name, `is not among the exports of ${join(root, "package.json")}`);
  return join(root, entry);
}

function findPackage(name: string, directory: string): string | undefined {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

function readManifest(name: string, path: string): Record<string, unknown> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isRecord(manifest)) return manifest;
  } catch (cause) {
    throw notFound(name, `has a package.json that can't be read: ${path}`, cause);
  }
  throw notFound(name, `has a package.json that holds no object: ${path}`);
}

const main = (manifest: Record<string, unknown>): string =>
  typeof manifest.main === "string" ? manifest.main : "index.js";

/** A map of subpaths, or what "." alone would map to. */
function exported(exports: unknown, subpath: string): string | undefined {
  const isMap = isRecord(exports) && Object.keys(exports).some((key) => key.startsWith("."));
  if (isMap) return target(exports[subpath]);
  return subpath === "." ? target(exports) : undefined;
}

/** The first condition that is ours, in the order of the file. */
function target(entry: unknown): string | undefined {
  if (typeof entry === "string") return entry;
  if (!isRecord(entry)) return undefined;
  for (const [condition, value] of Object.entries(entry)) {
    const found = conditions.has(condition) ? target(value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const notFound = (name: string, why: string, cause?: unknown) =>
  new BusbarError("NOT_FOUND", `module ${name} ${why}`, {
    component: name,
    reason: "module-not-found",
    remedy: "install it beside the platform file, or correct its name there",
    ...(cause !== undefined && { cause }),
  });
