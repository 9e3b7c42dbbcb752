import { busbar, endpoints, timestamp } from "@busbar/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeDaemon } from "../testing/fake-daemon.ts";

const daemon = new FakeDaemon()
  .answers(endpoints.operationsAbort, ({ id }) => ({
    id,
    component: "host.0",
    action: "HOST_ACTION_ON",
    state: busbar.v1.OperationState.OPERATION_STATE_ABORTED,
  }))
  .answers(endpoints.firmwareLockSet, ({ reason }) => ({
    locked: true,
    reason,
    until: timestamp(Date.UTC(2026, 0, 2)),
  }))
  .answers(endpoints.firmwareLockClear, () => ({ locked: false }));
for (const endpoint of endpoints.statemgrActions) daemon.answers(endpoint, () => new Uint8Array([8, 1]));
daemon.use();

beforeEach(() => void daemon.heard.splice(0));

test("operations abort: by id, with a reason, in the name of who asks", async () => {
  const { exit, stdout } = await daemon.busbar(["operations", "abort", "op-1", "--reason", "wrong host"]);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^operation +op-1$/m);
  expect(stdout).toMatch(/^state +aborted$/m);
  expect(daemon.heard).toMatchObject([{ request: { id: "op-1", reason: "wrong host" }, context: { actor: "tester" } }]);
});

describe("firmware-lock", () => {
  test("set: for the usual time, or as long as is said", async () => {
    const { exit, stdout } = await daemon.busbar(["firmware-lock", "set", "--reason", "BIOS 1.2"]);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringMatching(/^locked until 2026-.*: BIOS 1\.2\n$/) });
    await daemon.busbar(["firmware-lock", "set", "--reason", "CPLD", "--duration", "20m"]);
    expect(daemon.heard).toMatchObject([
      { request: { reason: "BIOS 1.2", durationMs: 0 }, context: { actor: "tester" } },
      { request: { reason: "CPLD", durationMs: 1_200_000 } },
    ]);
  });

  test.each(["10ms", "25h", "0s", "60"])("set --duration %s: exit code 2, and nothing is sent", async (duration) => {
    expect((await daemon.busbar(["firmware-lock", "set", "--reason", "x", "--duration", duration])).exit).toBe(2);
    expect(daemon.heard).toEqual([]);
  });

  test.each([[[]], [["--reason", " "]], [["--reason", "x".repeat(257)]]])("set %j: exit code 2", async (words) => {
    expect((await daemon.busbar(["firmware-lock", "set", ...words])).exit).toBe(2);
    expect(daemon.heard).toEqual([]);
  });

  test("clear", async () => {
    const { stdout } = await daemon.busbar(["firmware-lock", "clear", "--output", "json"]);
    expect(JSON.parse(stdout)).toEqual({ locked: false, reason: null, actor: null, until: null });
  });
});

describe("--override", () => {
  test("goes with the request", async () => {
    expect(await daemon.busbar(["host", "on", "0", "--override", "thermal, health"])).toMatchObject({ exit: 0 });
    await daemon.busbar(["host", "on", "0"]);
    expect(daemon.heard.map(({ context }) => context.override)).toEqual([["thermal", "health"], undefined]);
  });

  test.each(["", "Thermal", "a,,b", "x y"])("%j names no interlocks: exit code 2", async (names) => {
    expect((await daemon.busbar(["host", "on", "0", "--override", names])).exit).toBe(2);
    expect(daemon.heard).toEqual([]);
  });
});
