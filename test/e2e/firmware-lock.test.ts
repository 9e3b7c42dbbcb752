import { endpoints, epochMs, milliseconds } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { patienceMs } from "./bounded.ts";
import { drivenEdges } from "./journal.ts";
import { useSystem } from "./system.ts";

const system = useSystem();
const timeout = milliseconds(patienceMs);

const lock = async (reason: string, durationMs = 0, actor = "updater") =>
  (await system().bus.request(endpoints.firmwareLockSet, { reason, durationMs }, { timeout, headers: { actor } }))
    .message;
const clear = async () => (await system().bus.request(endpoints.firmwareLockClear, {}, { timeout })).message;
const status = async () => (await system().bus.request(endpoints.systemStatus, {}, { timeout })).message.firmwareLock;

describe("under the firmware lock", () => {
  test("nothing is switched on or reset, an OFF is carried out, and the status says so", async () => {
    await system().bring("host.1", "off");
    await system().bring("host.0", "on");
    expect(await lock("BIOS of host.1")).toMatchObject({ locked: true, reason: "BIOS of host.1", actor: "updater" });
    const seq = await system().seq();
    for (const [component, action] of [
      ["host.1", "HOST_ACTION_ON"],
      ["host.0", "HOST_ACTION_REBOOT"],
      ["bmc.0", "MANAGEMENT_CONTROLLER_ACTION_REBOOT"],
    ] as const) {
      const { error } = await system().ask(component, action);
      expect(error, action).toMatchObject({
        code: "INTERLOCK_DENIED",
        reason: "firmware-lock",
        message: expect.stringContaining("BIOS of host.1"),
        remedy: expect.stringContaining("powermgr.system.firmware_lock.clear"),
      });
    }
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
    const shown = await status();
    expect(shown).toMatchObject({ locked: true, reason: "BIOS of host.1" });
    expect(epochMs(shown?.until)).toBeGreaterThan(Date.now() + 3_000_000);
    expect((await system().done("host.0", "HOST_ACTION_OFF")).current).toBe("HOST_STATUS_OFF");
  });

  test("a crash of powermgr changes nothing about it", async () => {
    const before = system().pids().powermgr;
    system().suite.processes.powermgr.signal("SIGKILL");
    await expect.poll(() => system().pids().powermgr, { timeout: patienceMs }).not.toBe(before);
    await system().answers();
    expect(await status()).toMatchObject({ locked: true, reason: "BIOS of host.1", actor: "updater" });
    await system().mayGoOn();
    expect((await system().ask("host.1", "HOST_ACTION_ON")).error).toMatchObject({ reason: "firmware-lock" });
  });

  test("nobody else takes it, and when it is cleared a host is switched on again", async () => {
    await expect(lock("FPGA", 60_000, "other")).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(lock("", 60_000)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await clear()).toMatchObject({ locked: false });
    expect(await status()).toMatchObject({ locked: false });
    await system().mayGoOn();
    expect((await system().done("host.1", "HOST_ACTION_ON")).current).toBe("HOST_STATUS_ON");
  });
});
