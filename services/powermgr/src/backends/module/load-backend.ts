import { backendApiVersion, type PowerBackend } from "@busbar/backend";
import { BusbarError } from "@busbar/contracts";
import { resolveModule } from "./resolve-module.ts";

/**
 * Imports the backend that a platform file names and checks that it is one. What its parseOptions takes and returns
 * only the module knows.
 * @throws BusbarError NOT_FOUND (no such module), FAILED_PRECONDITION (it fails while loading, is no backend, or is made
 *   for another version of Busbar)
 */
export async function loadBackend(name: string, directory: string): Promise<PowerBackend<unknown>> {
  const url = resolveModule(name, directory);
  const module = await importModule(name, url);
  const backend: unknown = module.default;
  if (!isBackend(backend)) {
    throw refused(
      name,
      "has no backend as its default export",
      "module-invalid",
      "export default definePowerBackend(…)",
    );
  }
  if (backend.apiVersion !== backendApiVersion) {
    throw refused(
      name,
      `is made for backend interface ${backend.apiVersion}, and this powermgr has ${backendApiVersion}`,
      "module-api-version",
      "install the version of the module that belongs to this version of Busbar",
    );
  }
  return backend;
}

async function importModule(name: string, url: string): Promise<Record<string, unknown>> {
  try {
    return await import(/* @vite-ignore */ url);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refused(name, `fails while it is loaded: ${why}`, "module-invalid", "correct or update the module", cause);
  }
}

/** The number is compared apart, so that another version is told as such, whatever else it has. */
function isBackend(value: unknown): value is PowerBackend<unknown> {
  if (typeof value !== "object" || value === null || !("apiVersion" in value)) return false;
  if (value.apiVersion !== backendApiVersion) return typeof value.apiVersion === "number";
  const { name, parseOptions, open } = value as Partial<Record<keyof PowerBackend<unknown>, unknown>>;
  return typeof name === "string" && typeof parseOptions === "function" && typeof open === "function";
}

const refused = (component: string, what: string, reason: string, remedy: string, cause?: unknown) =>
  new BusbarError("FAILED_PRECONDITION", `module ${component} ${what}`, {
    component,
    reason,
    remedy,
    ...(cause !== undefined && { cause }),
  });
