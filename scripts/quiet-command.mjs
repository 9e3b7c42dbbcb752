import { spawn } from "node:child_process";
import { constants } from "node:os";
import { Refusal } from "./refusal.mjs";

/** @type {readonly ("SIGINT" | "SIGTERM" | "SIGHUP")[]} */
const endings = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a command unseen and collects what it says.
 * It gets a process group of its own, and whoever ends us ends that whole group: a compiler that lives on would
 * write into a tree whose lock is already free.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function runQuietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));

    /** @param {NodeJS.Signals} signal */
    const endGroup = (signal) => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
      process.exit(128 + constants.signals[signal]);
    };
    for (const signal of endings) process.once(signal, endGroup);
    const release = () => {
      for (const signal of endings) process.off(signal, endGroup);
    };
    child.on("error", (cause) => {
      release();
      reject(new Refusal(`${command} can't be run (${cause.message})`, { cause }));
    });
    child.on("close", (code) => {
      release();
      resolve({ ok: code === 0, output });
    });
  });
}
