import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { within } from "./bounded.ts";
import { bundleExample } from "./example-plugin.ts";

/** The example's fake PDU as a process of its own, which can be killed and started again on its port. */
export class FakePduProcess {
  readonly token = "outlet-token";
  /** What its relays did, as it printed it: `3 on`. */
  readonly switched: string[] = [];
  #directory: string;
  #port = 0;
  #child: ChildProcess | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    bundleExample("testing/fake-pdu-process.ts", join(directory, "fake-pdu.mjs"));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const program = join(this.#directory, "fake-pdu.mjs");
    const child = spawn(process.execPath, [program, String(this.#port), join(this.#directory, "outlets.json")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    const [url] = await within("the fake PDU's URL", once(lines, "line"));
    this.#port = Number(new URL(String(url)).port);
    lines.on("line", (line) => this.switched.push(line));
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await within("the end of the fake PDU", ended);
  }
}
