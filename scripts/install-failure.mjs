import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { missingBuildTools } from "./compiler.mjs";
import { pnpmSpec } from "./pnpm.mjs";
import { Refusal } from "./refusal.mjs";
import { cache, root } from "./repository.mjs";

const logFile = join(cache, "install.log");

/**
 * Turns what a failed install printed into the one line its reader needs; the rest is kept in a file.
 * @param {string} output
 * @returns {Refusal}
 */
export function explainInstallFailure(output) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(logFile, output);
  return new Refusal(remedyFor(output));
}

/** @param {string} output */
function remedyFor(output) {
  if (/gyp ERR!|node-gyp/.test(output) && missingBuildTools().length > 0) {
    return `a native module must be compiled, which needs ${missingBuildTools().join(", ")}: sudo apt-get install -y g++ make python3`;
  }
  if (output.includes("ERR_PNPM_OUTDATED_LOCKFILE")) {
    return `pnpm-lock.yaml doesn't fit the package.json files: run npx ${pnpmSpec} install and commit pnpm-lock.yaml`;
  }
  const log = relative(root, logFile);
  const untrusted = output.match(
    /\b(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\b/,
  );
  if (untrusted !== null) {
    return `Node doesn't trust the package registry's certificate (${untrusted[1]}): set NODE_EXTRA_CA_CERTS to the file with your network's certificate authority (${log})`;
  }
  const unreachable = output.match(/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH)\b/);
  if (unreachable !== null) {
    return `the package registry can't be reached (${unreachable[1]}): check the network and npm's proxy settings, then try again (${log})`;
  }
  const telling =
    output.match(/^.*(?:ERR_\w+|gyp ERR! stack|npm error|Error:).*$/m)?.[0] ?? output.trim().split("\n").at(-1);
  return `installing dependencies failed: ${telling?.trim()} (the whole output is in ${log})`;
}
