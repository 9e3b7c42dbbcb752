import { milliseconds } from "@busbar/contracts";
import { describe, expect, onTestFinished, test } from "vitest";
import { startBroker } from "./broker.ts";
import { findBrokerBinary } from "./broker-binary.ts";
import { rawClient } from "./testing/raw-client.ts";
import { testFolder } from "./testing/test-broker.ts";

describe("a broker of our own", () => {
  test("listens on a free port of the loopback and ends when told", async () => {
    const broker = await startBroker({ storeDir: testFolder() });
    onTestFinished(() => broker.kill());
    expect(broker.url).toBe(`nats://127.0.0.1:${broker.port}`);
    const client = await rawClient(broker.port);
    client.send("PING\r\n");
    await client.received(/PONG/);
    await broker.stop(milliseconds(3_000));
    await broker.ended;
    expect(() => process.kill(broker.pid, 0)).toThrow(/ESRCH/);
  });

  test("ends by its signal", async () => {
    const abort = new AbortController();
    const broker = await startBroker({ storeDir: testFolder(), signal: abort.signal });
    onTestFinished(() => broker.kill());
    abort.abort();
    await broker.ended;
  });

  test("can be killed while it hangs", async () => {
    const broker = await startBroker({ storeDir: testFolder() });
    onTestFinished(() => broker.kill());
    broker.signal("SIGSTOP");
    await broker.kill();
  });

  test("says what is wrong with its configuration", async () => {
    const starting = startBroker({ storeDir: testFolder(), config: "no_such_setting: 1" });
    await expect(starting).rejects.toThrow(/did not start:[\s\S]*no_such_setting/);
  });

  test("says what is wrong with its binary", async () => {
    const starting = startBroker({ storeDir: testFolder(), binary: "/nonexistent/nats-server" });
    await expect(starting).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("the broker's binary", () => {
  test("is the one that BUSBAR_NATS_SERVER names", () => {
    expect(findBrokerBinary({ BUSBAR_NATS_SERVER: process.execPath })).toBe(process.execPath);
  });

  test("is refused when BUSBAR_NATS_SERVER names none, rather than replaced by another", () => {
    expect(() => findBrokerBinary({ BUSBAR_NATS_SERVER: "/nonexistent" })).toThrow(/can't be run/);
  });
});
