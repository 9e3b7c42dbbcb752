import { milliseconds } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import type { Exchange } from "./exchange.ts";
import { JetStream } from "./jetstream.ts";

const message = {
  subject: "statemgr.event.host.0.transition",
  data: new Uint8Array(),
  id: "epoch:1",
  headers: undefined,
};
const timeout = milliseconds(1_000);

const reply = (body: string) => ({ data: new TextEncoder().encode(body), header: () => undefined });

/** Offers the replies one after the other, as a broker would, until one is accepted. */
const answering =
  (...bodies: readonly string[]): Exchange =>
  async (_subject, _data, { accept }) => {
    const accepted = bodies.map(reply).find((candidate) => accept?.(candidate) ?? true);
    if (accepted === undefined) throw new Error("nothing was accepted");
    return accepted;
  };

describe("an acknowledgement", () => {
  test("is the stream's own, whatever subscribers answered before", async () => {
    const noise = ["", "ok", "{", "null", "[]", '{"stream":"OTHER","seq":9}', '{"stream":"EVENTS"}', '{"seq":9}'];
    const jetStream = new JetStream(answering(...noise, '{"stream":"EVENTS","seq":7}'));
    await expect(jetStream.publish(message, "EVENTS", timeout)).resolves.toEqual({ sequence: 7, duplicate: false });
  });

  test("says when the stream had the message already", async () => {
    const jetStream = new JetStream(answering('{"stream":"EVENTS","seq":7,"duplicate":true}'));
    await expect(jetStream.publish(message, "EVENTS", timeout)).resolves.toMatchObject({ duplicate: true });
  });

  test.each([
    [503, "UNAVAILABLE"],
    [400, "FAILED_PRECONDITION"],
  ])("that is error %d is thrown as %s", async (code, expected) => {
    const jetStream = new JetStream(
      answering(JSON.stringify({ error: { code, description: "no" }, stream: "EVENTS" })),
    );
    await expect(jetStream.publish(message, "EVENTS", timeout)).rejects.toMatchObject({ code: expected });
  });

  test("carries the message's id and the stream that is meant, beside its own headers", async () => {
    let sent: object | undefined;
    const jetStream = new JetStream(async (_subject, _data, { headers }) => {
      sent = headers;
      return reply('{"stream":"EVENTS","seq":1}');
    });
    await jetStream.publish({ ...message, headers: { "Busbar-Operation-Id": "op" } }, "EVENTS", timeout);
    expect(sent).toEqual({ "Busbar-Operation-Id": "op", "Nats-Msg-Id": "epoch:1", "Nats-Expected-Stream": "EVENTS" });
  });
});

describe("a stored message", () => {
  const stored = (headers: string | undefined) =>
    new JetStream(answering(JSON.stringify({ message: { hdrs: headers && Buffer.from(headers).toString("base64") } })));

  test("tells its id", async () => {
    const headers = "NATS/1.0\r\nOther: x\r\nNats-Msg-Id: epoch:5\r\n\r\n";
    await expect(stored(headers).messageIdAt("EVENTS", 5)).resolves.toBe("epoch:5");
  });

  test.each([undefined, "", "NATS/1.0\r\n\r\n", "garbage"])("may have none: %j", async (headers) => {
    await expect(stored(headers).messageIdAt("EVENTS", 5)).resolves.toBeUndefined();
  });

  test("may be gone", async () => {
    const gone = new JetStream(answering('{"error":{"code":404,"description":"no message found"}}'));
    await expect(gone.messageIdAt("EVENTS", 5)).resolves.toBeUndefined();
    await expect(gone.stream("EVENTS")).resolves.toBeUndefined();
  });
});

test.each(["", "{", "null", "7"])("an API that answers %j is an error, not a crash", async (body) => {
  await expect(new JetStream(answering(body)).stream("EVENTS")).rejects.toThrow();
});
