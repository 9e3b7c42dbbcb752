import { componentName, endpoints, milliseconds, subjects } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { eventually } from "./bounded.ts";
import { useSystem } from "./system.ts";

/** Defects of u-bmc's own power path, each with the behaviour that takes its place here. */
const system = useSystem({ changes: { platform: [["powerGood: 5s", "powerGood: 2s"]] } });

const history = async (component: string) => {
  const name = componentName(component);
  const endpoint = endpoints.componentHistory.find((row) => row.name === `${name.split(".")[0]}-history`);
  if (endpoint === undefined) throw new Error(`no history of ${component}`);
  const { message } = await system().bus.request(
    endpoint,
    {},
    { subject: subjects.component("statemgr", name, "history"), timeout: milliseconds(30_000) },
  );
  return message.changes;
};

describe("no action is dropped without a result, and no state is left without an exit", () => {
  test("reboot, force restart, power cycle and emergency shutdown end like on and off", async () => {
    await system().bring("host.0", "on");
    expect(await system().done("host.0", "HOST_ACTION_REBOOT")).toMatchObject({ current: "HOST_STATUS_ON" });
    await system().listens();
    expect(await system().done("host.0", "HOST_ACTION_FORCE_RESTART")).toMatchObject({ current: "HOST_STATUS_ON" });
    await system().listens();
    expect(await system().done("chassis.0", "CHASSIS_ACTION_POWER_CYCLE")).toMatchObject({
      current: "CHASSIS_STATUS_ON",
    });
    await system().listens();
    expect(await system().done("chassis.0", "CHASSIS_ACTION_EMERGENCY_SHUTDOWN")).toMatchObject({
      current: "CHASSIS_STATUS_OFF",
    });
  });

  test("a host that never shows power-good ends in ERROR, and FORCE_OFF leads out of it", async () => {
    await system().bring("host.0", "off");
    await system().board.setFault({ kind: "power-good-stuck", component: componentName("host.0"), level: "low" });
    expect(await system().done("host.0", "HOST_ACTION_ON")).toMatchObject({
      current: "HOST_STATUS_ERROR",
      origin: { errorCode: "POWER_GOOD_TIMEOUT" },
    });
    await system().board.clearFaults();
    await system().agrees();
    expect((await system().state("host.0")).status).toBe("HOST_STATUS_ON");
  });

  test("the controller is READY without anybody sending ENABLE", async () => {
    expect((await system().state("bmc.0")).status).toBe("MANAGEMENT_CONTROLLER_STATUS_READY");
  });
});

describe("FORCE_OFF", () => {
  test("is taken for a running host, and OFF is told only when its power is gone", async () => {
    await system().bring("host.0", "on");
    const seq = await system().seq();
    const end = await system().done("host.0", "HOST_ACTION_FORCE_OFF");
    expect(end).toMatchObject({ previous: "HOST_STATUS_TRANSITIONING", current: "HOST_STATUS_OFF" });
    expect((await system().journal(seq)).some((entry) => entry.type === "power" && entry.state === "off")).toBe(true);
  });

  test("is taken while an OFF hangs in TRANSITIONING", async () => {
    await system().bring("host.0", "on");
    await system().board.setFault({ kind: "os-ignores-button", component: componentName("host.0") });
    await system().accepted("host.0", "HOST_ACTION_OFF");
    expect(await system().done("host.0", "HOST_ACTION_FORCE_OFF")).toMatchObject({ current: "HOST_STATUS_OFF" });
    await system().board.clearFaults();
  });
});

describe("a request that is sent again", () => {
  test("has the same answer and one effect, and what it did has a duration", async () => {
    await system().bring("host.0", "off");
    const seq = await system().seq();
    const headers = { "Busbar-Request-Id": "again" };
    const first = await system().accepted("host.0", "HOST_ACTION_ON", headers);
    expect(await system().accepted("host.0", "HOST_ACTION_ON", headers)).toBe(first);
    await system().ends("host.0", first);
    expect(await system().accepted("host.0", "HOST_ACTION_ON", headers)).toBe(first);
    expect(await system().pulses("power-button-0", seq)).toHaveLength(1);
    const { steps, outcomes } = await system().operation(first);
    expect(steps.find(({ kind }) => kind === "press")?.durationMs).toBeGreaterThan(100);
    expect(outcomes).toMatchObject([{ component: "host.0", success: true }]);
  });
});

describe("what is recorded", () => {
  test("has previous status and cause, in the order it happened, also of quick changes", async () => {
    await system().bring("host.0", "on");
    await system().bring("host.0", "off");
    const changes = (await history("host.0")).toReversed();
    for (const [index, change] of changes.entries()) {
      if (index > 0) expect(change.previousStatus).toBe(changes[index - 1]?.currentStatus);
    }
    expect(changes.at(-1)).toMatchObject({ currentStatus: "HOST_STATUS_OFF", cause: "HOST_ACTION_OFF" });
  });
});

describe("a restart", () => {
  test("of both daemons leaves a running host alone and its state as it was", async () => {
    await system().bring("host.0", "on");
    const seq = await system().seq();
    const before = await history("host.0");
    const { powermgr, statemgr } = system().pids();
    system().suite.processes.powermgr.signal("SIGKILL");
    system().suite.processes.statemgr.signal("SIGKILL");
    await eventually("both are back", async () => {
      const pids = system().pids();
      return pids.powermgr !== undefined &&
        pids.statemgr !== undefined &&
        pids.powermgr !== powermgr &&
        pids.statemgr !== statemgr
        ? true
        : undefined;
    });
    await eventually(
      "statemgr answers",
      async () =>
        (
          await system()
            .state("host.0")
            .catch(() => undefined)
        )?.status === "HOST_STATUS_ON" || undefined,
    );
    expect((await history("host.0")).length).toBe(before.length);
    expect((await system().journal(seq)).filter((entry) => entry.type === "edge" && entry.by !== "plant")).toEqual([]);
  });

  test("does not press the button of a host that is on already", async () => {
    await system().bring("host.0", "on");
    const seq = await system().seq();
    expect((await system().ask("host.0", "HOST_ACTION_ON")).outcome).toBe("no-op");
    expect(await system().pulses("power-button-0", seq)).toEqual([]);
  });
});
