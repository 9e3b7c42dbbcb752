import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../e2e/bounded.ts";
import { FrameProxy } from "./frame-proxy.ts";

let directory: string;
let proxy: FrameProxy;
/** What broker and board got, in the order in which they got it. */
let heard: string[];
let servers: Server[];
let clients: Socket[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "frame-proxy-"));
  heard = [];
  clients = [];
  const server = (name: string) =>
    createServer((socket) => {
      socket.on("data", (chunk) => heard.push(`${name} ${chunk}`));
      socket.on("error", () => {});
    });
  const broker = server("broker").listen(0, "127.0.0.1");
  const board = server("board").listen(join(directory, "board.sock"));
  servers = [broker, board];
  await Promise.all(servers.map((each) => once(each, "listening")));
  const { port } = broker.address() as AddressInfo;
  proxy = await FrameProxy.start({
    natsUrl: `nats://127.0.0.1:${port}`,
    boardSocket: join(directory, "board.sock"),
  });
});

afterEach(() => {
  for (const client of clients) client.destroy();
  proxy.close();
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

async function connected(to: "broker" | "board"): Promise<Socket> {
  const { natsUrl, boardSocket } = proxy.addresses;
  const client = to === "broker" ? createConnection(Number(new URL(natsUrl).port)) : createConnection(boardSocket);
  clients.push(client);
  client.on("error", () => {});
  await once(client, "connect");
  return client;
}

const arrived = (text: string) => eventually("it to arrive", () => heard.join("").includes(text) || undefined);

it("counts over both sides, leaves out what carries no message, and acts before the k-th frame is passed on", async () => {
  const [broker, board] = [await connected("broker"), await connected("board")];
  let heardAtTheAct: string | undefined;
  proxy.at(3, () => {
    heardAtTheAct = heard.join("");
  });
  broker.write('CONNECT {"name":"statemgr"}\r\nPING\r\nPUB one 0\r\n\r\n');
  await arrived("PUB one");
  board.write('{"id":1,"op":"hello","client":"powermgr","version":1}\n');
  await arrived("hello");
  broker.write("PUB three 0\r\n\r\nPUB four 0\r\n\r\n");
  await arrived("PUB four");
  expect(heardAtTheAct).toContain("hello");
  expect(heardAtTheAct).not.toContain("three");
  expect(proxy.count).toBe(4);
  expect(proxy.disarm()).toBe(false);
  expect(proxy.log.filter(({ number }) => number !== undefined).map(({ way, text }) => `${way}: ${text()}`)).toEqual([
    "statemgr > broker: PUB one ",
    'powermgr > board: {"id":1,"op":"hello","client":"powermgr","version":1}',
    "statemgr > broker: PUB three ",
    "statemgr > broker: PUB four ",
  ]);
});

it("ends the other side with the one that ends, what came before it included", async () => {
  const [, board] = servers;
  if (board === undefined) throw new Error("there is no board");
  const ended = once(board, "connection").then(([peer]: Socket[]) => peer && once(peer, "close"));
  const client = await connected("board");
  client.end('{"id":1,"op":"hello","client":"late","version":1}\nhalf a frame');
  await ended;
  expect(heard.join("")).toContain("half a frame");
});

it("says when the story was over before its k-th frame", () => {
  proxy.at(1, () => {});
  expect(proxy.disarm()).toBe(true);
});
