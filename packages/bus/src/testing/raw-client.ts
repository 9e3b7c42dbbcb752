import { once } from "node:events";
import { createConnection } from "node:net";
import { onTestFinished } from "vitest";

export interface RawClient {
  /** Protocol lines, as they are; a string is taken byte by byte. */
  send(bytes: string | Uint8Array): void;
  /** Resolves with the match as soon as what the server sent holds it. */
  received(pattern: RegExp): Promise<RegExpExecArray>;
}

/** NATS' protocol by hand: for what no client library lets one send. */
export async function rawClient(port: number): Promise<RawClient> {
  const socket = createConnection(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let text = "";
  const look = new Set<() => void>();
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    for (const retry of look) retry();
  });
  await once(socket, "data"); // INFO
  socket.write('CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n');
  return {
    send: (bytes) => void socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes),
    received: (pattern) =>
      new Promise((resolve) => {
        const retry = () => {
          const match = pattern.exec(text);
          if (match === null) return;
          look.delete(retry);
          resolve(match);
        };
        look.add(retry);
        retry();
      }),
  };
}

/** HPUB with the header block as given. */
export function publishLines(subject: string, headerBlock: string, body: string | Uint8Array, reply = ""): Buffer {
  const head = Buffer.from(headerBlock, "latin1");
  const payload = Buffer.from(body);
  const to = reply === "" ? subject : `${subject} ${reply}`;
  const command = Buffer.from(`HPUB ${to} ${head.length} ${head.length + payload.length}\r\n`);
  return Buffer.concat([command, head, payload, Buffer.from("\r\n")]);
}
