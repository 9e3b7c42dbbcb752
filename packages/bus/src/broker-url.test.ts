import { describe, expect, test } from "vitest";
import { parseBrokerUrl } from "./broker-url.ts";

describe("the URL of a broker", () => {
  test("has a default port", () => {
    expect(parseBrokerUrl("nats://127.0.0.1")).toMatchObject({
      server: "127.0.0.1:4222",
      tls: false,
      credentials: undefined,
    });
  });

  test("may be IPv6", () => {
    expect(parseBrokerUrl("nats://[::1]:4333").server).toBe("[::1]:4333");
  });

  test("asks for TLS by its scheme", () => {
    expect(parseBrokerUrl("tls://bmc.example:4222").tls).toBe(true);
  });

  test("gives its user part as credentials and doesn't show it", () => {
    const url = parseBrokerUrl("nats://powermgr:p%40ss@127.0.0.1:4222");
    expect(url.credentials).toEqual({ user: "powermgr", password: "p@ss" });
    expect(url.shown).toBe("nats://127.0.0.1:4222");
  });

  test("gives a lone user part as a token", () => {
    expect(parseBrokerUrl("nats://s3cret@127.0.0.1").credentials).toEqual({ token: "s3cret" });
  });

  test.each(["", "127.0.0.1:4222", "http://127.0.0.1", "nats://", "not a url"])("is not %j", (text) => {
    expect(() => parseBrokerUrl(text)).toThrow(/is not the URL of a broker/);
  });

  test("keeps a password out of its own error", () => {
    expect(() => parseBrokerUrl("http://user:hunter2@host")).toThrow(/^((?!hunter2).)*$/);
  });
});
