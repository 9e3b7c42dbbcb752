import { BusbarError, busbar, endpoints, timestamp } from "@busbar/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeDaemon } from "../testing/fake-daemon.ts";

const latched: busbar.v1.EmergencyStatus.$Properties = {
  latched: true,
  source: busbar.v1.EmergencySource.EMERGENCY_SOURCE_REQUEST,
  reason: "smoke",
  actor: "tester",
  since: timestamp(Date.UTC(2026, 0, 2)),
  components: ["host.0", "chassis.0"],
  operationIds: ["op-1"],
};

const { OperationState } = busbar.v1;
/** What powermgr says of the operation, one answer after the other. */
let states: (busbar.v1.OperationState | "unknown yet")[] = [];

const daemon = new FakeDaemon()
  .answers(endpoints.emergencyOff, () => latched)
  .answers(endpoints.emergencyGet, () => latched)
  .answers(endpoints.emergencyClear, ({ reason }) => {
    if (reason === "too early")
      throw new BusbarError("FAILED_PRECONDITION", "it is still hot", { remedy: "let it cool down" });
    return { latched: false };
  })
  .answers(endpoints.operationsGet, ({ id }) => {
    const [state = OperationState.OPERATION_STATE_SUCCEEDED] = states.splice(0, 1);
    if (state === "unknown yet") throw new BusbarError("NOT_FOUND", `no operation ${id}`);
    return { id, component: "host.0", state };
  })
  .use();

beforeEach(() => void daemon.heard.splice(0));

describe("emergency off", () => {
  test("cuts everything, or what is named, in the name of who asks", async () => {
    const { exit, stdout } = await daemon.busbar(["emergency", "off", "--reason", "smoke", "--yes"]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^emergency +latched: nothing is switched on or reset$/m);
    expect(stdout).toMatch(/^switched off +host\.0, chassis\.0$/m);
    await daemon.busbar(["emergency", "off", "host.0", "chassis.0", "-y"]);
    expect(daemon.heard).toMatchObject([
      { subject: "powermgr.system.emergency.off", request: { components: [], reason: "smoke" } },
      { request: { components: ["host.0", "chassis.0"], reason: "" }, context: { actor: "tester" } },
    ]);
  });

  test("sends nothing unless it is confirmed, or said to be", async () => {
    expect(await daemon.busbar(["emergency", "off"])).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/power of everything .* nobody is here to confirm it; add --yes/),
    });
    expect(await daemon.busbar(["emergency", "off", "host.0"], { ask: async () => "n" })).toMatchObject({ exit: 12 });
    expect(daemon.heard).toEqual([]);
    expect(await daemon.busbar(["emergency", "off"], { ask: async () => "y" })).toMatchObject({ exit: 0 });
    expect(daemon.heard).toHaveLength(1);
  });

  test("sends nothing when one of the names is none", async () => {
    expect(await daemon.busbar(["emergency", "off", "host.0", "hots.1", "--yes"])).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/"hots\.1" is not valid; name a component/),
    });
    expect(daemon.heard).toEqual([]);
  });
});

describe("emergency off --wait", () => {
  const off = (...more: string[]) => daemon.busbar(["emergency", "off", "--yes", "--wait", ...more]);

  test("ends when everything is off", async () => {
    states = ["unknown yet", OperationState.OPERATION_STATE_RUNNING, OperationState.OPERATION_STATE_SUCCEEDED];
    const { exit, stdout, stderr } = await off();
    expect({ exit, stderr, states }).toEqual({ exit: 0, stderr: "", states: [] });
    expect(stdout).toMatch(/^operations +op-1$/m);
  });

  test("fails when something may still be on: exit code 8", async () => {
    states = [OperationState.OPERATION_STATE_FAILED];
    expect(await off()).toMatchObject({
      exit: 8,
      stdout: expect.stringMatching(/^emergency +latched/),
      stderr: expect.stringMatching(/^busbar: operation op-1 ended failed; see busbar operations get op-1/),
    });
  });

  test("waits no longer than is said: exit code 11", async () => {
    states = Array.from({ length: 100 }, () => OperationState.OPERATION_STATE_RUNNING);
    expect(await off("--timeout", "300ms")).toMatchObject({
      exit: 11,
      stderr: expect.stringMatching(/not ended after 300 ms: op-1/),
    });
  });

  test("ends by Ctrl-C: exit code 130", async () => {
    states = Array.from({ length: 100 }, () => OperationState.OPERATION_STATE_RUNNING);
    const words = ["emergency", "off", "--yes", "--wait"];
    expect(await daemon.busbar(words, { interrupted: () => AbortSignal.abort() })).toMatchObject({
      exit: 130,
      stderr: expect.stringMatching(/op-1 may go on/),
    });
  });
});

describe("emergency clear", () => {
  test("wants a reason", async () => {
    expect(await daemon.busbar(["emergency", "clear"])).toMatchObject({ exit: 2 });
    expect(daemon.heard).toEqual([]);
    expect(await daemon.busbar(["emergency", "clear", "--reason", "fan replaced"])).toEqual({
      exit: 0,
      stdout: "no emergency: power may be switched on\n",
      stderr: "",
    });
    expect(daemon.heard).toMatchObject([{ request: { reason: "fan replaced" }, context: { actor: "tester" } }]);
  });

  test("refused while the cause persists: exit code 6", async () => {
    expect(await daemon.busbar(["emergency", "clear", "--reason", "too early"])).toEqual({
      exit: 6,
      stdout: "",
      stderr: "busbar: it is still hot; let it cool down\n",
    });
  });
});

test("emergency status, as data", async () => {
  const { stdout } = await daemon.busbar(["emergency", "status", "--output", "json"]);
  expect(JSON.parse(stdout)).toEqual({
    latched: true,
    source: "request",
    reason: "smoke",
    actor: "tester",
    since: "2026-01-02T00:00:00.000Z",
    components: ["host.0", "chassis.0"],
    persisting: [],
    operation_ids: ["op-1"],
  });
});
