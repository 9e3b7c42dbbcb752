import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { cache } from "./repository.mjs";

/** What npm, pnpm and node-gyp write below a home directory. */
const written = ["", ".npm", ".cache", ".local", ".local/share", ".local/state"];

/**
 * Environment entries that give package managers a home to write to: the user's own where that works, else one in
 * the checkout (service accounts and containers often have none). The user's npm settings are kept either way.
 * @returns {NodeJS.ProcessEnv}
 */
export function writableHome() {
  const own = ownHome();
  if (own !== undefined && written.every((name) => isAbsent(join(own, name)) || isWritable(join(own, name)))) {
    return { HOME: own };
  }
  const home = join(cache, "home");
  mkdirSync(home, { recursive: true });
  const settings = own === undefined ? undefined : join(own, ".npmrc");
  return {
    HOME: home,
    XDG_CACHE_HOME: undefined,
    XDG_CONFIG_HOME: undefined,
    XDG_DATA_HOME: undefined,
    XDG_STATE_HOME: undefined,
    npm_config_cache: undefined,
    ...(settings !== undefined && isReadable(settings) ? { npm_config_userconfig: settings } : {}),
  };
}

/** Undefined if the account has no home, or one that doesn't exist. */
function ownHome() {
  try {
    const home = homedir();
    return home !== "" && statSync(home).isDirectory() ? home : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} path */
function isAbsent(path) {
  return !existsSync(path);
}

/** @param {string} path */
function isWritable(path) {
  return allows(path, constants.W_OK);
}

/** @param {string} path */
function isReadable(path) {
  return allows(path, constants.R_OK);
}

/**
 * @param {string} path
 * @param {number} mode
 */
function allows(path, mode) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
