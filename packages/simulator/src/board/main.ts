import process from "node:process";
import { parseArgs } from "node:util";
import { asBusbarError } from "@busbar/contracts";
import { loadBoardConfig } from "./config.ts";
import { jsonLog } from "./log.ts";
import { type RunningBoard, startBoard } from "./start-board.ts";

const usage = `The simulated board: hosts, rails and buttons behind a unix socket.

  --socket PATH    unix socket to serve
  --config FILE    what is on the board (platforms/simulated/board.yaml)
  --journal FILE   append every edge and event to this file
  --help
`;

/** The end comes within a second, whoever still holds on to something. */
const patience = 900;

const log = jsonLog((line) => process.stdout.write(line));
// The board outlives whoever reads its log.
process.stdout.on("error", () => {});

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags === undefined) return;
  const { socket, journal } = flags;
  const config = loadBoardConfig(flags.config);
  let running: RunningBoard | undefined;
  let isStopping = false;
  const stop = async (why: string): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    log("info", "stopping", { why });
    setTimeout(() => process.exit(0), patience).unref();
    await running?.stop();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
  running = await startBoard({ config, socket, journal, log, onShutdown: () => void stop("shutdown") });
  log("info", "ready", {
    socket,
    board: config.name,
    hosts: config.hosts.map(({ component }) => component),
    chassis: config.chassis.map(({ component }) => component),
  });
}

interface Flags {
  readonly socket: string;
  readonly config: string;
  readonly journal: string | undefined;
}

function readFlags(): Flags | undefined {
  try {
    const { socket, config, journal, help } = parseArgs({
      options: {
        socket: { type: "string" },
        config: { type: "string" },
        journal: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
    if (help === true) {
      process.stdout.write(usage);
      return undefined;
    }
    if (socket === undefined) throw new Error("--socket is missing");
    if (config === undefined) throw new Error("--config is missing");
    return { socket, config, journal };
  } catch (thrown) {
    const problem = thrown instanceof Error ? thrown.message : String(thrown);
    process.stderr.write(`${problem}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

function fail(thrown: unknown): never {
  const { code, message, remedy } = asBusbarError(thrown);
  log("fatal", message, {
    code,
    remedy,
    stack: code === "INTERNAL" && thrown instanceof Error ? thrown.stack : undefined,
  });
  process.exit(1);
}

process.on("uncaughtException", fail);
main().catch(fail);
