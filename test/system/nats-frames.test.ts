import { expect, it } from "vitest";
import { NatsFrames } from "./nats-frames.ts";

const header = "NATS/1.0\r\nNats-Msg-Id: a:1\r\n\r\n";
const conversation = [
  'INFO {"headers":true}\r\n',
  'CONNECT {"name":"powermgr"}\r\n',
  "PING\r\n",
  "PONG\r\n",
  "+OK\r\n",
  "-ERR 'Unknown Protocol'\r\n",
  "SUB powermgr.host.*.action q 3\r\n",
  "PUB host.info 2\r\nhi\r\n",
  "PUB host.info _INBOX.1 0\r\n\r\n",
  "MSG host.info 3 _INBOX.1 4\r\n\r\n\r\n\r\n",
  `HPUB statemgr.event.host.0.transition _INBOX.2 ${header.length} ${header.length + 3}\r\n${header}abc\r\n`,
  `HMSG statemgr.event.host.0.transition 4 ${header.length} ${header.length}\r\n${header}\r\n`,
];

it.each([1, 2, 3, 7, 64, 10_000])("finds the frames in chunks of %i bytes, and passes them on byte by byte", (size) => {
  const bytes = Buffer.from(conversation.join(""));
  const frames = new NatsFrames();
  const found = [];
  for (let at = 0; at < bytes.length; at += size) found.push(...frames.push(bytes.subarray(at, at + size)));
  expect(found.map((frame) => frame.bytes.toString())).toEqual(conversation);
  expect(frames.rest).toHaveLength(0);
});

it("knows subject, reply, headers and payload of what carries a message", () => {
  const frames = [...new NatsFrames().push(Buffer.from(conversation.join("")))];
  expect(
    frames
      .filter(({ subject }) => subject !== undefined)
      .map(({ verb, subject, reply, headers, payload }) => [verb, subject, reply, headers, payload.toString()]),
  ).toEqual([
    ["PUB", "host.info", undefined, "", "hi"],
    ["PUB", "host.info", "_INBOX.1", "", ""],
    ["MSG", "host.info", "_INBOX.1", "", "\r\n\r\n"],
    ["HPUB", "statemgr.event.host.0.transition", "_INBOX.2", header, "abc"],
    ["HMSG", "statemgr.event.host.0.transition", undefined, header, ""],
  ]);
});

it("keeps what came of a frame that is not complete", () => {
  const frames = new NatsFrames();
  expect([...frames.push(Buffer.from("PING\r\nPUB a 5\r\nab"))]).toHaveLength(1);
  expect(frames.rest.toString()).toBe("PUB a 5\r\nab");
});
