import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { componentName, milliseconds, type Verb } from "@busbar/contracts";
import { createLog, FakeClock } from "@busbar/daemon";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { firmwareLockFile, type LockFile } from "../store/firmware-lock-file.ts";
import { FirmwareLock, firmwareLocked } from "./firmware-lock.ts";

const host = componentName("host.0");
const log = createLog({ name: "test", level: "silent" });
const minute = milliseconds(60_000);

let directory: string;
let clock: FakeClock;
let busy: string | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "firmware-lock-"));
  clock = new FakeClock();
  busy = undefined;
});

afterEach(() => rmSync(directory, { recursive: true }));

const open = (file: LockFile = firmwareLockFile(directory)) =>
  FirmwareLock.open({ file, clock, log, busy: () => busy });

const denial = (lock: FirmwareLock, verb: Verb) =>
  firmwareLocked(lock).check({ component: host, verb, footprint: new Set([host]) });

describe("a firmware lock", () => {
  it("refuses whatever is no off, and says for how long", async () => {
    const lock = await open();
    expect(denial(lock, "on")).toBeUndefined();
    await lock.set("BIOS of host.0", minute, "updater");
    for (const verb of ["on", "reset", "cycle"] as const) {
      expect(denial(lock, verb)).toEqual({
        message: "firmware is being written: BIOS of host.0",
        remedy: expect.stringMatching(/60 s at most/),
      });
    }
    for (const verb of ["off", "force-off", "emergency-off"] as const) expect(denial(lock, verb)).toBeUndefined();
  });

  it("ends by itself, whatever the wall clock does", async () => {
    const lock = await open();
    await lock.set("BIOS", minute, "updater");
    clock.stepWall(3_600_000);
    expect(lock.state()).toMatchObject({ left: 60_000 });
    clock.stepWall(-7_200_000);
    clock.advance(59_000);
    expect(lock.state()).toMatchObject({ left: 1_000 });
    clock.suspend(1_000);
    expect(lock.state()).toBeUndefined();
  });

  it("outlives the daemon", async () => {
    await (await open()).set("BIOS", minute, "updater");
    clock.advance(10_000);
    expect((await open()).state()).toEqual({ reason: "BIOS", actor: "updater", left: 50_000 });
  });

  it("doesn't outlive a boot of the BMC", async () => {
    await (await open()).set("BIOS", minute, "updater");
    clock.reboot("boot-2");
    expect((await open()).state()).toBeUndefined();
    clock.reboot("boot-1");
    expect((await open()).state()).toBeUndefined();
  });

  it("is gone for good when it is cleared", async () => {
    const lock = await open();
    await lock.set("BIOS", minute, "updater");
    await lock.clear("operator");
    expect(lock.state()).toBeUndefined();
    expect((await open()).state()).toBeUndefined();
    await lock.clear("operator");
  });

  it("counts as set when its file can't be read", async () => {
    writeFileSync(join(directory, "firmware-lock.json"), "{");
    const lock = await open();
    expect(denial(lock, "on")).toBeDefined();
    await lock.clear("operator");
    expect((await open()).state()).toBeUndefined();
  });

  it("can be renewed by who has it, and by nobody else", async () => {
    const lock = await open();
    await lock.set("BIOS", minute, "updater");
    await expect(lock.set("FPGA", minute, "other")).rejects.toMatchObject({
      code: "CONFLICT",
      reason: "firmware-locked",
    });
    await lock.set("BIOS, second part", milliseconds(5_000), "updater");
    clock.advance(5_000);
    await lock.set("FPGA", minute, "other");
    expect(lock.state()).toMatchObject({ actor: "other" });
  });

  it("isn't set while an operation would go on under it", async () => {
    const lock = await open();
    busy = "on of host.0";
    await expect(lock.set("BIOS", minute, "updater")).rejects.toMatchObject({
      code: "CONFLICT",
      reason: "operation-in-progress",
    });
    expect(lock.state()).toBeUndefined();
  });

  it("is not set when it can't be stored", async () => {
    const full: LockFile = {
      ...firmwareLockFile(directory),
      write: () => Promise.reject(new Error("ENOSPC")),
    };
    const lock = await open(full);
    await expect(lock.set("BIOS", minute, "updater")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(lock.state()).toBeUndefined();
  });

  it("is what the last of two simultaneous requests made of it", async () => {
    const lock = await open();
    await Promise.all([lock.set("BIOS", minute, "updater"), lock.clear("operator")]);
    expect(lock.state()).toBeUndefined();
    expect((await open()).state()).toBeUndefined();
  });
});
