import { createRequire } from "node:module";
import { join } from "node:path";

// The floor is the library that @busbar/bus stands on, without @busbar/bus: it is found where that finds it, and only
// here, because nobody else may speak NATS on its own.

interface BareMessage {
  readonly data: Uint8Array;
  respond(data: Uint8Array): boolean;
}

interface BareConnection {
  subscribe(subject: string, options: { callback(error: unknown, message: BareMessage): void }): unknown;
  flush(): Promise<void>;
}

interface BareNats {
  connect(options: { servers: string }): Promise<BareConnection>;
}

const [root = "", natsUrl = ""] = process.argv.slice(2);
const nats: BareNats = createRequire(join(root, "packages", "bus", "package.json"))("nats");

const connection = await nats.connect({ servers: natsUrl });
connection.subscribe("bench.echo", { callback: (_error, message) => message.respond(message.data) });
await connection.flush();
process.on("disconnect", () => process.exit());
process.send?.("ready");
