import { milliseconds } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { refuseSecondInstance } from "./second-instance.ts";
import { rawClient } from "./testing/raw-client.ts";
import { testBroker, testBus } from "./testing/test-broker.ts";

const service = (version: string) => ({ name: "powermgr", version, description: "test", endpoints: [] });

describe("a second instance", () => {
  test("is refused by name and id of the first", async () => {
    const { url } = await testBroker();
    const [first, second] = [await testBus(url), await testBus(url)];
    const { id } = await first.serve(service("3.4.5"));
    const refused = refuseSecondInstance(second, "powermgr");
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT", reason: "second-instance" });
    await expect(refused).rejects.toThrow(new RegExp(`instance ${id}, version 3\\.4\\.5`));
  });

  test("is none when only other services run", async () => {
    const { url } = await testBroker();
    const [other, bus] = [await testBus(url), await testBus(url)];
    await other.serve({ ...service("1.0.0"), name: "statemgr" });
    await expect(refuseSecondInstance(bus, "powermgr")).resolves.toBeUndefined();
  });

  test("is none after the first has stopped", async () => {
    const { url } = await testBroker();
    const [first, second] = [await testBus(url), await testBus(url)];
    await first.serve(service("1.0.0"));
    await first.close(milliseconds(1_000));
    await expect(refuseSecondInstance(second, "powermgr")).resolves.toBeUndefined();
  });

  test("isn't made up from garbage that somebody answers", async () => {
    const { url, port } = await testBroker();
    const bus = await testBus(url);
    const peer = await rawClient(port);
    peer.send("SUB $SRV.PING.powermgr 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const asking = refuseSecondInstance(bus, "powermgr");
    const [, inbox] = await peer.received(/MSG \$SRV\.PING\.powermgr 1 (\S+) 0/);
    peer.send(`PUB ${inbox} 1\r\n{\r\nPUB ${inbox} 4\r\nnull\r\nPUB ${inbox} 2\r\n[]\r\n`);
    await expect(asking).resolves.toBeUndefined();
  });

  test("isn't hidden by garbage that somebody answers first", async () => {
    const { url, port } = await testBroker();
    const bus = await testBus(url);
    const peer = await rawClient(port);
    peer.send("SUB $SRV.PING.powermgr 1\r\nPING\r\n");
    await peer.received(/PONG/);
    const refused = expect(refuseSecondInstance(bus, "powermgr")).rejects.toMatchObject({ code: "CONFLICT" });
    const [, inbox] = await peer.received(/MSG \$SRV\.PING\.powermgr 1 (\S+) 0/);
    const ping = JSON.stringify({ name: "powermgr", id: "FIRST", version: "1.0.0" });
    peer.send(`PUB ${inbox} 1\r\n{\r\nPUB ${inbox} ${ping.length}\r\n${ping}\r\n`);
    await refused;
  });
});
