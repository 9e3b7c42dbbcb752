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

const daemon = new FakeDaemon()
  .answers(endpoints.emergencyOff, () => latched)
  .answers(endpoints.emergencyGet, () => latched)
  .answers(endpoints.emergencyClear, ({ reason }) => {
    if (reason === "too early")
      throw new BusbarError("FAILED_PRECONDITION", "it is still hot", { remedy: "let it cool down" });
    return { latched: false };
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
