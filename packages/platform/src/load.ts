import { readFileSync } from "node:fs";
import { BusbarError } from "@busbar/contracts";
import { type Platform, parsePlatform } from "./platform.ts";

/**
 * Reads a platform file; synchronous, for use before anything is served.
 * @throws BusbarError NOT_FOUND without such a file, UNAVAILABLE if it can't be read, INVALID_ARGUMENT for its content
 * (see parsePlatform).
 */
export function loadPlatform(path: string): Platform {
  return parsePlatform(readText(path), path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const why = missing ? "is not there" : `can't be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new BusbarError(missing ? "NOT_FOUND" : "UNAVAILABLE", `platform file ${path} ${why}`, {
      component: path,
      reason: "platform-file",
      remedy: "name an existing platform.yaml that this user may read (platforms/<board>/platform.yaml)",
      cause,
    });
  }
}
