import { describe, expect, test } from "vitest";
import { pulsesOn } from "./journal.ts";
import { useSystem } from "./system.ts";

const system = useSystem();

const bmcResets = async () => (await system().board.state()).bmcs[0]?.resets ?? 0;

describe("a controller reset", () => {
  test.each([
    "MANAGEMENT_CONTROLLER_ACTION_REBOOT",
    "MANAGEMENT_CONTROLLER_ACTION_WARM_RESET",
    "MANAGEMENT_CONTROLLER_ACTION_COLD_RESET",
    "MANAGEMENT_CONTROLLER_ACTION_HARD_RESET",
  ] as const)(
    "%s pulses the reset line once, restarts both daemons, and is READY again with the host undisturbed",
    async (action) => {
      await system().bring("host.0", "on");
      const seq = await system().seq();
      const before = { pids: system().pids(), resets: await bmcResets() };
      const mark = system().changes.mark;
      const operationId = await system().accepted("bmc.0", action);
      const end = await system().ends("bmc.0", operationId, mark);
      expect(end).toMatchObject({ current: "MANAGEMENT_CONTROLLER_STATUS_READY", cause: action });
      expect(await bmcResets()).toBe(before.resets + 1);
      const after = system().pids();
      expect(after.powermgr).not.toBe(before.pids.powermgr);
      expect(after.statemgr).not.toBe(before.pids.statemgr);
      expect(after.broker).toBe(before.pids.broker);
      const entries = await system().journal(seq);
      expect(pulsesOn("bmc-reset-0", entries)).toMatchObject([{ by: "powermgr", wire: "low" }]);
      expect(entries.filter((entry) => entry.type === "power")).toEqual([]);
      expect(await system().operation(operationId)).toMatchObject({
        outcomes: [{ component: "bmc.0", success: true }],
      });
    },
  );

  test.each(["MANAGEMENT_CONTROLLER_ACTION_FACTORY_RESET", "MANAGEMENT_CONTROLLER_ACTION_UPDATE_FIRMWARE"] as const)(
    "%s, which has no handler, is refused and touches nothing",
    async (action) => {
      const seq = await system().seq();
      const { error } = await system().ask("bmc.0", action);
      expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "unsupported-action" });
      expect(error?.remedy).toBeTruthy();
      expect((await system().journal(seq)).filter((entry) => entry.type === "edge")).toEqual([]);
      expect((await system().state("bmc.0")).status).toBe("MANAGEMENT_CONTROLLER_STATUS_READY");
    },
  );
});

describe("off and on again", () => {
  test("CHASSIS_ACTION_POWER_CYCLE: the hosts that were on go off, the rail rests for 2 s, and all is as before", async () => {
    await system().bring("host.0", "on");
    await system().bring("host.1", "off");
    const seq = await system().seq();
    const mark = system().changes.mark;
    const operationId = await system().accepted("chassis.0", "CHASSIS_ACTION_POWER_CYCLE");
    await system().ends("chassis.0", operationId, mark);
    expect(await system().ends("host.0", operationId, mark)).toMatchObject({
      current: "HOST_STATUS_ON",
      cause: "HOST_ACTION_GRACEFUL_RESTART",
    });
    const entries = await system().journal(seq);
    expect(pulsesOn("power-button-0", entries)).toHaveLength(2);
    expect(pulsesOn("power-button-1", entries)).toEqual([]);
    const rail = entries.filter((entry) => entry.type === "edge" && entry.line === "chassis-enable");
    expect(rail).toMatchObject([{ wire: "low" }, { wire: "high" }]);
    expect((rail[1]?.at ?? 0) - (rail[0]?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
    expect((await system().state("host.1")).status).toBe("HOST_STATUS_OFF");
    // What power-good did meanwhile belongs to the operation: nobody else is told to have done it.
    const strangers = system()
      .changes.since(mark)
      .filter(({ cause }) => cause === undefined);
    expect(strangers).toEqual([]);
  });

  test("HOST_ACTION_GRACEFUL_RESTART: off by one press, on by another, never a reset", async () => {
    await system().bring("host.0", "on");
    const seq = await system().seq();
    expect(await system().done("host.0", "HOST_ACTION_GRACEFUL_RESTART")).toMatchObject({ current: "HOST_STATUS_ON" });
    const entries = await system().journal(seq);
    expect(pulsesOn("power-button-0", entries)).toHaveLength(2);
    expect(pulsesOn("reset-button-0", entries)).toEqual([]);
    expect(entries.filter((entry) => entry.type === "power")).toMatchObject([{ state: "off" }, { state: "on" }]);
  });

  test.each([
    ["host.0", "HOST_ACTION_GRACEFUL_RESTART"],
    ["host.0", "HOST_ACTION_REBOOT"],
  ] as const)("%s that is off has nothing to restart: %s is refused", async (component, action) => {
    await system().bring(component, "off");
    const { error } = await system().ask(component, action);
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION" });
  });
});
