import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Budget, oneByOne, type Setting, timed } from "../budget.ts";

type Daemon = "powermgr" | "statemgr";

/** From the spawn of a shipped daemon until it says that it serves, broker and board being there. */
const daemonReady = (daemon: Daemon): Budget => ({
  row: 9,
  figure: `${daemon} ready`,
  floor: "empty Node process",
  limit: { of: "ratio", atMost: 2.3 },
  system: "bare",
  unit: "µs",
  percentile: 50,
  samples: { usual: 2, quick: 1 },
  async open(setting) {
    const args = argumentsOf(daemon, setting);
    return {
      floor: oneByOne(async () => (await timed(emptyProcess)).took),
      figure: oneByOne(() => startAndStop(args)),
      close: async () => {},
    };
  },
});

export const powermgrReady = daemonReady("powermgr");
export const statemgrReady = daemonReady("statemgr");

function argumentsOf(daemon: Daemon, { root, natsUrl, scratch, platform, boardSocket }: Setting): readonly string[] {
  const common = [
    join(root, "dist", `${daemon}.mjs`),
    "--nats-url",
    natsUrl,
    "--data-dir",
    scratch,
    "--platform",
    platform,
  ];
  return daemon === "powermgr" ? [...common, "--board-socket", boardSocket] : common;
}

async function emptyProcess(): Promise<void> {
  await once(spawn(process.execPath, ["-e", ""], { stdio: "ignore" }), "exit");
}

/** @returns microseconds from spawn to ready. @throws when it ends before */
async function startAndStop(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('"msg":"ready"')) return (performance.now() - start) * 1000;
    }
    throw new Error(`${args[0]} ended before it was ready`);
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}
