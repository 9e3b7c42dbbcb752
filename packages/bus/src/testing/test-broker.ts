import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { milliseconds } from "@busbar/contracts";
import { onTestFinished } from "vitest";
import { type Broker, type BrokerOptions, startBroker } from "../broker.ts";
import { type Bus, connectBus } from "../bus.ts";
import type { ConnectOptions } from "../open-connection.ts";
import { type TestLog, testLog } from "./test-log.ts";

/** A folder that is gone after the test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "busbar-bus-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A real nats-server that ends with the test. */
export async function testBroker(options: Partial<BrokerOptions> = {}): Promise<Broker> {
  const broker = await startBroker({ storeDir: testFolder(), ...options });
  onTestFinished(() => broker.kill());
  return broker;
}

export interface TestBus extends Bus {
  readonly log: TestLog;
}

/** A connection that ends with the test. */
export async function testBus(url: string, options: Partial<ConnectOptions> = {}): Promise<TestBus> {
  const log = testLog();
  const bus = await connectBus({ url, name: "test", log, ...options });
  onTestFinished(() => bus.close(milliseconds(100)));
  return Object.assign(bus, { log });
}

/** Resolves at the next change to `status`. */
export function nextStatus(bus: Pick<Bus, "onStatus">, status: "disconnected" | "reconnected"): Promise<void> {
  return new Promise((resolve) => {
    const forget = bus.onStatus((now) => {
      if (now !== status) return;
      forget();
      resolve();
    });
  });
}
