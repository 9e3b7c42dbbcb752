import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busbar, componentName, endpoints, milliseconds, subjects } from "@busbar/contracts";
import type { ProcessName } from "@busbar/launcher";
import { afterEach, describe, expect, test } from "vitest";
import { eventually, patienceMs } from "./bounded.ts";
import { repository } from "./platform-files.ts";
import { useSystem } from "./system.ts";

// Power is cut in an emergency whatever else is going on, and nothing comes on before somebody has cleared it.

const system = useSystem({
  expectedErrors: [/"msg":"emergency off"/, /"msg":"the emergency latch is set"/],
  changes: { platform: [["gracefulOff: 300s", "gracefulOff: 5s"]] },
});
const timeout = milliseconds(patienceMs);

const off = async (components: readonly string[] = [], headers = {}) =>
  (
    await system().bus.request(
      endpoints.emergencyOff,
      { components: [...components], reason: "smoke" },
      { timeout, headers },
    )
  ).message;
const clear = async () =>
  (await system().bus.request(endpoints.emergencyClear, { reason: "no smoke any more" }, { timeout })).message;
const status = async () => (await system().bus.request(endpoints.emergencyGet, {}, { timeout })).message;

const powers = async () =>
  Object.fromEntries((await system().powerStatus()).map(({ component, power }) => [component, power]));
const { POWER_OFF } = busbar.v1.Power;
const dark = { "chassis.0": POWER_OFF, "host.0": POWER_OFF, "host.1": POWER_OFF };
const isDark = () => eventually("everything is off", async () => expect(await powers()).toMatchObject(dark) ?? true);

/** Every operation that an emergency began has ended. */
const isOver = (ids: readonly string[]) =>
  eventually("the emergency operations have ended", async () => {
    const operations = await Promise.all(ids.map((id) => system().operation(id)));
    expect(operations.every(({ finishedAt }) => finishedAt !== null)).toBe(true);
    return operations;
  });

afterEach(async () => {
  await system().board.clearFaults();
  await clear();
});

describe("an emergency off", () => {
  test("cuts a running host and its rail, leaves the host alone that is off, and latches", async () => {
    await system().bring("host.0", "on");
    await system().bring("host.1", "off");
    const seq = await system().seq();
    const state = await off([], { actor: "operator" });
    expect(state).toMatchObject({
      latched: true,
      source: busbar.v1.EmergencySource.EMERGENCY_SOURCE_REQUEST,
      reason: "smoke",
      actor: "operator",
      components: ["chassis.0", "host.0", "host.1"],
    });
    const [operation] = await isOver(state.operationIds);
    expect(operation).toMatchObject({ component: "chassis.0" });
    await isDark();
    expect(await system().pulses("power-button-0", seq)).toHaveLength(1);
    expect(await system().pulses("power-button-1", seq)).toEqual([]);
    expect(await status()).toMatchObject({ latched: true, reason: "smoke" });
    const { emergency } = (await system().bus.request(endpoints.systemStatus, {}, { timeout })).message;
    expect(emergency).toMatchObject({ latched: true, reason: "smoke" });
    await system().agrees();
  });

  test("lets nothing on before it is cleared, and clearing switches nothing on", async () => {
    await off();
    await isDark();
    const seq = await system().seq();
    for (const [component, action] of [
      ["host.0", "HOST_ACTION_ON"],
      ["chassis.0", "CHASSIS_ACTION_ON"],
    ] as const) {
      const answer = await system().ask(component, action);
      expect(answer.error).toMatchObject({ code: "INTERLOCK_DENIED", reason: "emergency-latch" });
      expect(answer.error?.remedy).toContain("powermgr.system.emergency.clear");
    }
    expect(await clear()).toMatchObject({ latched: false });
    expect((await system().journal(seq)).filter(({ type }) => type === "edge")).toEqual([]);
    await system().bring("host.0", "on");
  });

  test("of one host leaves the other and the rail on", async () => {
    await system().bring("host.0", "on");
    await system().bring("host.1", "on");
    const state = await off(["host.1"]);
    expect(state.components).toEqual(["host.1"]);
    await isOver(state.operationIds);
    const { POWER_ON } = busbar.v1.Power;
    expect(await powers()).toMatchObject({ "chassis.0": POWER_ON, "host.0": POWER_ON, "host.1": POWER_OFF });
  });

  test("of a name that isn't there is refused and cuts nothing", async () => {
    await system().bring("host.0", "on");
    const seq = await system().seq();
    for (const name of ["host.9", "bmc.0", "smoke", ""]) {
      await expect(off(["host.0", name]), name).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    expect(await status()).toMatchObject({ latched: false });
    expect((await system().journal(seq)).filter(({ type }) => type === "edge")).toEqual([]);
  });

  test("preempts an OFF that the operating system ignores", async () => {
    await system().bring("host.0", "on");
    await system().board.setFault({ kind: "os-ignores-button", component: componentName("host.0") });
    await system().accepted("host.0", "HOST_ACTION_OFF");
    const { operationIds } = await off();
    await isOver(operationIds);
    await isDark();
    await system().agrees();
  });

  test("works without statemgr, whose return finds everything off", async () => {
    await system().bring("host.0", "on");
    const { statemgr } = system().suite.processes;
    statemgr.signal("SIGSTOP");
    try {
      await isOver((await off()).operationIds);
      await isDark();
    } finally {
      statemgr.signal("SIGCONT");
    }
    await system().agrees();
  });

  test("is told of by one event, and another one tells of its clearing", async () => {
    const heard: busbar.v1.EmergencyEvent[] = [];
    const subscription = await system().bus.subscribe(subjects.emergency, ({ data }) => {
      heard.push(busbar.v1.EmergencyEvent.decode(data));
    });
    await Promise.all(Array.from({ length: 50 }, () => off()));
    await isDark();
    await clear();
    await eventually("the clearing is told", async () => {
      const latched = heard.map(({ status: now }) => now?.latched);
      return (latched.includes(true) && latched.at(-1) === false) || undefined;
    });
    // The clearing after the test before may still have been on its way.
    const own = heard.slice(heard.findIndex(({ status: now }) => now?.latched));
    expect(own.map(({ status: now }) => now?.latched)).toEqual([true, false]);
    subscription.unsubscribe();
  });
});

describe("the latch", () => {
  test("outlives powermgr, and a running host that a latched start finds is left alone", async () => {
    await system().bring("host.0", "on");
    const path = join(system().dataDir, "run", "emergency-latch");
    writeFileSync(path, "");
    const seq = await system().seq();
    await system().kill("powermgr");
    expect(await status()).toMatchObject({
      latched: true,
      source: busbar.v1.EmergencySource.EMERGENCY_SOURCE_FOUND_LATCHED,
    });
    const edges = (await system().journal(seq)).filter((entry) => entry.type === "edge" && entry.by === "powermgr");
    expect(edges).toEqual([]);
    await clear();
    expect(() => readFileSync(path)).toThrow(/ENOENT/);
  });

  test("that is set in an emergency is set after kill -9, from either of its files", async () => {
    await off(["host.0"]);
    const files = ["run", join("powermgr", "emergency")].map((part) => join(system().dataDir, part, "emergency-latch"));
    for (const path of files) {
      await eventually("the latch is stored", async () => readFileSync(path, "utf8").includes("smoke"));
    }
    rmSync(files[0] ?? "");
    await system().kill("powermgr");
    expect(await status()).toMatchObject({ latched: true, reason: "smoke" });
  });
});

describe("busbar-emergency-off", () => {
  const cut = () => {
    const { dataDir, suite } = system();
    const flags = ["--platform", join(dataDir, "platform", "platform.yaml")];
    flags.push("--board-socket", suite.boardSocket, "--run-dir", join(dataDir, "run"));
    return spawnSync(process.execPath, [join(repository(), "dist", "emergency-off.mjs"), ...flags], {
      encoding: "utf8",
      timeout: patienceMs,
    });
  };
  /** What the platform is, not what a daemon says of it. */
  const boardPowers = async () => {
    const { hosts, chassis } = await system().board.state();
    return Object.fromEntries([...hosts, ...chassis].map(({ component, power }) => [component, power]));
  };
  const without = async (names: readonly ProcessName[], act: () => Promise<void>) => {
    const { processes } = system().suite;
    await Promise.all(names.map((name) => processes[name].stop()));
    try {
      await act();
    } finally {
      for (const name of names) processes[name].start();
      await system().answers();
    }
  };
  /** Nobody tells the judge of it: the latch is its reason. */
  const intended = async () => {
    for (const component of ["host.0", "host.1"] as const) {
      await system().board.intent({ operation: "unit", component: componentName(component), effect: "force-off" });
    }
    await system().board.intent({ operation: "unit", component: componentName("chassis.0"), effect: "cut" });
  };

  test("cuts all power without a broker and without powermgr, which is latched when it comes back", async () => {
    await system().bring("host.0", "on");
    await system().bring("host.1", "off");
    const seq = await system().seq();
    await without(["broker", "powermgr"], async () => {
      await intended();
      const { status: exit, stdout } = cut();
      expect(exit, stdout).toBe(0);
      expect(await boardPowers()).toEqual({ "chassis.0": "off", "host.0": "off", "host.1": "off" });
    });
    expect(await system().pulses("power-button-1", seq)).toEqual([]);
    expect(await status()).toMatchObject({ latched: true, reason: "busbar-emergency-off" });
    await system().agrees();
  });

  test("ends with 1 where something stays on, and cuts the rest", async () => {
    await system().bring("host.0", "on");
    await system().bring("host.1", "on");
    await without(["powermgr"], async () => {
      await intended();
      await system().board.setFault({ kind: "power-good-stuck", component: componentName("host.1"), level: "high" });
      const { status: exit, stdout } = cut();
      expect(exit, stdout).toBe(1);
      expect(stdout).toContain("host.1 is on");
      expect(await boardPowers()).toMatchObject({ "chassis.0": "off", "host.0": "off" });
      await system().board.clearFaults();
    });
    await system().agrees();
  });

  test("says that it could do nothing with a platform file that isn't there", () => {
    const { status: exit, stdout } = spawnSync(
      process.execPath,
      [join(repository(), "dist", "emergency-off.mjs"), "--platform", join(system().dataDir, "nowhere.yaml")],
      { encoding: "utf8", timeout: patienceMs },
    );
    expect(exit).toBe(1);
    expect(stdout).toContain("power could not be cut");
  });
});
