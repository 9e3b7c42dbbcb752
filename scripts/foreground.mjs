import { spawn } from "node:child_process";
import { constants } from "node:os";
import { Refusal } from "./refusal.mjs";

/**
 * Runs a command as if it had taken our place: our terminal is its terminal, our end is its end.
 * A terminal sends Ctrl-C and a hang-up to the whole process group, so the child has those already: we only stay
 * until it is done. SIGTERM comes to one process alone and is passed on.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ code: number, interrupted: boolean }>} the exit code as a shell would give it
 */
export function runInForeground(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: "inherit" });
    let interrupted = false;
    const stay = () => {
      interrupted = true;
    };
    const passOn = () => {
      interrupted = true;
      child.kill("SIGTERM");
    };
    process.on("SIGINT", stay).on("SIGHUP", stay).on("SIGTERM", passOn);
    const release = () => process.off("SIGINT", stay).off("SIGHUP", stay).off("SIGTERM", passOn);
    child.on("error", (cause) => {
      release();
      reject(new Refusal(`${command} can't be run (${cause.message})`, { cause }));
    });
    child.on("exit", (code, signal) => {
      release();
      resolve({ code: code ?? 128 + constants.signals[signal ?? "SIGKILL"], interrupted });
    });
  });
}
