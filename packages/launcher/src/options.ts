import { parseArgs } from "node:util";
import { BusbarError } from "@busbar/contracts";

export interface LauncherOptions {
  readonly once: boolean;
  /** The broker's; undefined: any free one. */
  readonly port: number | undefined;
  readonly dataDir: string | undefined;
  /** Name of a directory in platforms/, or path of a platform file. */
  readonly platform: string;
  readonly profile: "bmc";
  readonly help: boolean;
}

export const usage = `npm start -- [flags]

  --once              power host.0 on, show what happens, power it off, stop
  --port N            port of the broker on loopback (default: any free one)
  --data-dir DIR      where journals, databases and run.json are kept (default: .data/bmc)
  --platform NAME     a directory of platforms/, or the path of a platform file (default: simulated)
  --profile bmc       what to start: the daemons of one BMC
  --help              this text
`;

const invalid = (message: string, remedy: string) =>
  new BusbarError("INVALID_ARGUMENT", message, { component: "npm start", remedy });

/** @throws BusbarError INVALID_ARGUMENT naming the flag, its value and the fix */
export function parseOptions(argv: readonly string[]): LauncherOptions {
  const { values } = parse(argv);
  const profile = values.profile ?? "bmc";
  if (profile !== "bmc") throw invalid(`--profile ${profile} is not known`, "use --profile bmc");
  return {
    once: values.once ?? false,
    port: values.port === undefined ? undefined : portOf(values.port),
    dataDir: values["data-dir"],
    platform: values.platform ?? "simulated",
    profile,
    help: values.help ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        once: { type: "boolean" },
        port: { type: "string" },
        "data-dir": { type: "string" },
        platform: { type: "string" },
        profile: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (cause) {
    throw invalid((cause as Error).message, "see npm start -- --help");
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw invalid(`--port ${text} is not a port`, "give a number from 1 to 65535");
}
