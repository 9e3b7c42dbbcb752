import type { RequestContext } from "@busbar/bus";
import { busbar, milliseconds, timestamp } from "@busbar/contracts";
import { createLog, FakeClock } from "@busbar/daemon";
import { beforeEach, describe, expect, it } from "vitest";
import { FirmwareLock } from "../interlocks/firmware-lock.ts";
import { firmwareLockEndpoints } from "./firmware-lock.ts";

const { SetFirmwareLockRequest, FirmwareLockStatus } = busbar.v1;

let clock: FakeClock;
let lock: FirmwareLock;

beforeEach(async () => {
  clock = new FakeClock();
  const done = () => Promise.resolve();
  lock = await FirmwareLock.open({
    file: { write: done, remove: done, read: () => Promise.resolve(undefined) },
    clock,
    log: createLog({ name: "test", level: "silent" }),
    busy: () => undefined,
  });
});

async function ask(index: 0 | 1, body: Uint8Array) {
  const context: RequestContext = {
    subject: "",
    receivedAt: milliseconds(0),
    signal: new AbortController().signal,
    actor: "updater",
    component: () => expect.unreachable(),
  };
  const answer = await firmwareLockEndpoints(lock, clock)[index]?.handle(body, context);
  return FirmwareLockStatus.decode(answer?.message ?? new Uint8Array());
}

const set = (request: busbar.v1.SetFirmwareLockRequest.$Properties) =>
  ask(0, SetFirmwareLockRequest.encode(request).finish());

describe("the lock is set", () => {
  it.each([
    [0, 3_600_000],
    [1_000, 1_000],
    [86_400_000, 86_400_000],
  ])("for %i ms asked: %i ms", async (durationMs, left) => {
    expect(await set({ reason: "BIOS", durationMs })).toMatchObject({
      locked: true,
      reason: "BIOS",
      actor: "updater",
      until: timestamp(clock.now() + left),
    });
    expect(lock.state()).toMatchObject({ left });
  });

  it.each([
    [{ reason: "" }],
    [{ reason: "  " }],
    [{ reason: "x".repeat(257) }],
    [{ reason: 'BIOS\n{"level":50}' }],
    [{ reason: "BIOS", durationMs: 999 }],
    [{ reason: "BIOS", durationMs: 86_400_001 }],
  ])("but not by %o", async (request) => {
    await expect(set(request)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", remedy: expect.any(String) });
    expect(lock.state()).toBeUndefined();
  });
});

it("and cleared", async () => {
  await set({ reason: "BIOS" });
  expect(await ask(1, new Uint8Array())).toMatchObject({ locked: false });
  expect(lock.state()).toBeUndefined();
});
