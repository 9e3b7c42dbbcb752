import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type Action,
  BusbarError,
  type ComponentName,
  componentName,
  milliseconds,
  type Verb,
} from "@busbar/contracts";
import { createLog, systemClock } from "@busbar/daemon";
import { type Platform, type Policies, type PowerDomain, parsePlatform } from "@busbar/platform";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Journal } from "../store/journal.ts";
import { ToyHost, ToyRail } from "../testing/toy-control.ts";
import { PowerEngine } from "./engine.ts";
import { isFinal, type Operation, type StepRecord } from "./operation.ts";
import { plan } from "./plan.ts";

const host = componentName("host.0");
const other = componentName("host.1");
const chassis = componentName("chassis.0");

const platform: Platform = parsePlatform(
  `
platform: toy
tried: true
gpio:
  chips: { main: { simulated: board } }
  lines:
    power-button-0: { chip: main, output: momentary, active: low }
    reset-button-0: { chip: main, output: momentary, active: low }
    power-good-0: { chip: main, input: true, active: high }
    chassis-enable: { chip: main, output: latched, active: high }
    chassis-good: { chip: main, input: true, active: high }
domains:
  chassis.0:
    backend: { gpio: { enable: chassis-enable } }
    powerGood: { all: [chassis-good] }
  host.0:
    backend: { gpio: { powerButton: power-button-0, resetButton: reset-button-0 } }
    powerGood: { all: [power-good-0] }
    dependsOn: [chassis.0]
    timing: { powerGood: 200ms, gracefulOff: 1s, minimumOff: 0ms }
    template: { count: 2 }
`,
  "toy.yaml",
);

/** As the shipped ones, but nobody waits for inrush. */
const quick: Policies = {
  ...platform.policies,
  safety: { ...platform.policies.safety, maxConcurrentOperations: 8 },
  sequencing: { ...platform.policies.sequencing, startupDelay: milliseconds(0), shutdownDelay: milliseconds(0) },
};
let policies: Policies;
let directory: string;
let journal: Journal;
let engine: PowerEngine;
let hosts: { first: ToyHost; second: ToyHost; rail: ToyRail };

async function start(): Promise<void> {
  journal = await Journal.open({
    directory,
    retainOperations: 100,
    retainEvents: 100,
    compactAboveBytes: 1e9,
    onFailure: () => {},
    onRecovered: () => {},
  });
  const controls = new Map<ComponentName, ToyHost | ToyRail>([
    [host, hosts.first],
    [other, hosts.second],
    [chassis, hosts.rail],
  ]);
  engine = new PowerEngine({
    controls,
    view: {
      graph: platform.graph,
      domain: (name) => platform.domains.get(name) as PowerDomain,
      power: (name) => controls.get(name)?.power ?? "unknown",
      offFor: () => undefined,
    },
    journal,
    interlocks: [],
    policies: () => policies,
    clock: systemClock(),
    log: createLog({ name: "test", level: "silent" }),
    queueLimit: 8,
  });
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "engine-"));
  policies = quick;
  hosts = { first: new ToyHost(), second: new ToyHost(), rail: new ToyRail("on") };
  await start();
});

afterEach(async () => {
  await engine.stop();
  await journal.close();
  rmSync(directory, { recursive: true });
});

let count = 0;
const submit = (verb: Verb, component = host, id = `op-${++count}`, timeout = 5_000) =>
  engine.submit({
    id,
    component,
    verb,
    action: `HOST_ACTION_${verb}` as Action,
    actor: "test",
    source: "statemgr",
    timeout: milliseconds(timeout),
  });

/** Resolves when the operation has ended. */
function ended(operation: Operation): Promise<Operation> {
  if (isFinal(operation.state)) return Promise.resolve(operation);
  const before = engine.onEnd;
  return new Promise((resolve) => {
    engine.onEnd = (components, id) => {
      before(components, id);
      if (id === operation.id) resolve(operation);
    };
  });
}

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof BusbarError ? error.code : String(error);
  }
  return "nothing";
};

describe("a press is a toggle", () => {
  it("switches an off host on with one press", async () => {
    const operation = await ended(submit("on"));
    expect(operation).toMatchObject({
      state: "succeeded",
      outcomes: [{ component: host, success: true, power: "on" }],
    });
    expect(hosts.first.acts).toEqual(["press"]);
  });

  it("is not made when power-good is where it should be already", async () => {
    hosts.first.change("on");
    expect(await ended(submit("on"))).toMatchObject({ state: "succeeded" });
    expect(hosts.first.acts).toEqual([]);
  });

  it("is not made while power-good is unknown", async () => {
    hosts.first.change("unknown");
    expect(await ended(submit("on"))).toMatchObject({
      state: "failed",
      outcomes: [{ errorCode: "HARDWARE_UNAVAILABLE" }],
    });
    expect(hosts.first.acts).toEqual([]);
  });

  it("happens once for one operation id, however often it is sent", async () => {
    const operation = submit("on", host, "same");
    expect(submit("on", host, "same")).toBe(operation);
    await ended(operation);
    expect(submit("on", host, "same")).toBe(operation);
    expect(hosts.first.acts).toEqual(["press"]);
  });

  it("is not repeated by an ON while slow power-good of the first press arrives", async () => {
    hosts.first.riseMs = 300; // the operation gives up after 200 ms
    expect(await ended(submit("on"))).toMatchObject({
      state: "failed",
      outcomes: [{ errorCode: "POWER_GOOD_TIMEOUT" }],
    });
    hosts.first.riseMs = 5;
    await ended(submit("on", host, undefined, 5_000));
    expect(hosts.first.acts.length).toBeLessThanOrEqual(2);
    expect(hosts.first.power).toBe("on");
  });

  it("leaves an off that preempts a press toward on to what power-good then shows", async () => {
    hosts.first.riseMs = 100;
    const on = submit("on");
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (hosts.first.acts.length === 0) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    const off = submit("off");
    expect(await ended(off)).toMatchObject({ state: "succeeded", outcomes: [{ power: "off" }] });
    expect(on).toMatchObject({ state: "aborted", outcomes: [{ errorCode: "ABORTED" }] });
    // Once to switch on, once to switch off: had it believed the low power-good, the host would now be on.
    expect(hosts.first.acts).toEqual(["press", "press"]);
    expect(hosts.first.power).toBe("off");
  });
});

describe("a hold", () => {
  it("is not made on an off host, which it would switch on", async () => {
    expect(await ended(submit("force-off"))).toMatchObject({ state: "succeeded" });
    expect(hosts.first.acts).toEqual([]);
  });

  it("is let go early once power-good, high before, is low", async () => {
    hosts.first.change("on");
    await ended(submit("force-off"));
    expect(hosts.first.acts).toEqual(["hold", "released early"]);
  });

  it("is made in full while power-good is unknown", async () => {
    hosts.first.change("unknown");
    await ended(submit("force-off"));
    expect(hosts.first.acts).toEqual(["hold", "held in full"]);
  });
});

describe("a reset", () => {
  it("is refused for an off host and touches nothing", async () => {
    expect(await ended(submit("reset"))).toMatchObject({ outcomes: [{ errorCode: "FAILED_PRECONDITION" }] });
    expect(hosts.first.acts).toEqual([]);
  });
});

describe("what depends on what", () => {
  it("a host's rail is switched on before its button is pressed", async () => {
    hosts.rail.power = "off";
    const operation = await ended(submit("on"));
    expect(operation.outcomes.map(({ component }) => component)).toEqual([chassis, host]);
    expect(hosts.rail.acts).toEqual(["on"]);
  });

  it("a rail stays on under a host that ignores its button", async () => {
    hosts.first.change("on");
    hosts.first.ignoresButton = true;
    const operation = await ended(submit("off", chassis));
    expect(operation.state).toBe("failed");
    expect(operation.outcomes).toMatchObject([
      { component: host, errorCode: "POWER_GOOD_TIMEOUT" },
      { component: chassis, errorCode: "DEPENDENCY_FAILED", power: "on" },
    ]);
    expect(hosts.rail.acts).toEqual([]);
  });

  it("a forced off of a rail does not wait for its hosts", async () => {
    hosts.first.change("on");
    const operation = submit("force-off", chassis);
    setTimeout(() => hosts.first.change("off"), 5);
    expect(await ended(operation)).toMatchObject({
      state: "succeeded",
      outcomes: [{ component: chassis }, { component: host, power: "off" }],
    });
    expect(hosts.first.acts).toEqual([]);
  });
});

describe("several at once", () => {
  it("an ON during an OFF is a conflict", () => {
    hosts.first.change("on");
    submit("off");
    expect(code(() => submit("on"))).toBe("CONFLICT");
  });

  it("an off is taken however long the queue is", () => {
    hosts.first.riseMs = "never";
    for (let i = 0; i < 8; i += 1) submit("on");
    expect(code(() => submit("on"))).toBe("RESOURCE_EXHAUSTED");
    expect(code(() => submit("off"))).toBe("nothing");
  });

  it("hosts of one chassis don't wait for each other", async () => {
    hosts.first.riseMs = 150;
    const first = submit("on", host);
    const second = submit("on", other);
    await ended(second);
    expect(first.state).not.toBe("succeeded");
    await ended(first);
  });
});

it("a wait for power-good ends in time while the garbage collector runs", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const collecting = setInterval(collect, 10);
  hosts.first.riseMs = "never";
  const operation = await ended(submit("on"));
  clearInterval(collecting);
  expect(operation).toMatchObject({ state: "failed", outcomes: [{ errorCode: "POWER_GOOD_TIMEOUT" }] });
});

describe("what can't be done", () => {
  it("a missing line is named", () => {
    hosts.first.missing = "line power-button-0 is gone";
    expect(() => submit("on")).toThrowError(/power-button-0/);
  });

  it("a forced off holds the power button where the line that cuts the power is gone", async () => {
    hosts.first.change("on");
    const gone = async () => {
      throw new BusbarError("HARDWARE_UNAVAILABLE", "line force-off-0 is gone");
    };
    Object.assign(hosts.first, { forceOff: { line: "force-off-0", hold: gone } });
    expect(await ended(submit("force-off"))).toMatchObject({ state: "succeeded", outcomes: [{ power: "off" }] });
    expect(hosts.first.acts).toEqual(["hold", "released early"]);
  });

  it("an operation that lasts longer than its time ends timed out", async () => {
    hosts.first.riseMs = "never";
    expect(await ended(submit("on", host, undefined, 50))).toMatchObject({
      state: "timed-out",
      outcomes: [{ errorCode: "DEADLINE_EXCEEDED" }],
    });
  });

  it("a host that went off by itself after it was pressed on is not held", async () => {
    await ended(submit("on"));
    hosts.first.change("off");
    expect(await ended(submit("force-off"))).toMatchObject({ state: "succeeded", outcomes: [{ power: "off" }] });
    expect(hosts.first.acts).toEqual(["press"]);
  });

  it("an id that was given up before it arrived is refused for ever", async () => {
    const tombstone: Operation = {
      id: "late",
      component: host,
      verb: "on",
      action: "",
      actor: "",
      source: "statemgr",
      timeoutMs: 0,
      queuedAt: 0,
      state: "tombstone",
      deadline: { boot: "", at: 0 },
      steps: [],
      outcomes: [],
    };
    await journal.tombstone(tombstone, 0);
    expect(code(() => submit("on", host, "late"))).toBe("ABORTED");
    expect(hosts.first.acts).toEqual([]);
  });
});

describe("after a crash", () => {
  const press = {
    part: 0,
    step: 0,
    kind: "press",
    component: host,
    line: "power-button",
    toward: "on",
    startedAt: 0,
  } as const;
  const reset = { part: 0, step: 0, kind: "reset", component: host, line: "reset-button", startedAt: 0 } as const;

  /** An operation that was cut short after these steps, found again by the next start. */
  async function crashed(verb: Verb, steps: readonly StepRecord[], more: Partial<Operation> = {}): Promise<Operation> {
    const clock = systemClock();
    const view = {
      graph: platform.graph,
      domain: (name: ComponentName) => platform.domains.get(name) as PowerDomain,
      power: () => "on" as const,
      offFor: () => undefined,
    };
    const operation: Operation = {
      id: "crashed",
      component: host,
      verb,
      action: "",
      actor: "",
      source: "statemgr",
      timeoutMs: 1000,
      queuedAt: 0,
      deadline: { boot: clock.bootId, at: clock.boottime() + 5_000 },
      state: "running",
      plan: plan(host, verb, view),
      steps: [],
      outcomes: [],
      ...more,
    };
    journal.admitted(operation);
    journal.started(operation);
    for (const step of steps) await journal.intent(operation, step);
    await journal.close();
    await start();
    const found = journal.operations.get("crashed");
    if (!found) throw new Error("the journal forgot the operation");
    engine.recover();
    return ended(found);
  }

  it("a begun press is not made again; power-good settles it", async () => {
    hosts.first.change("on");
    expect(await crashed("on", [press])).toMatchObject({
      state: "succeeded",
      outcomes: [{ success: true, power: "on" }],
    });
    expect(hosts.first.acts).toEqual([]);
  });

  it("a begun press that power-good does not show is unknown", async () => {
    expect(await crashed("on", [press])).toMatchObject({
      state: "outcome-unknown",
      outcomes: [{ errorCode: "OUTCOME_UNKNOWN", power: "off" }],
    });
    expect(hosts.first.acts).toEqual([]);
  });

  it("a begun reset is unknown where nothing shows it", async () => {
    hosts.first.change("on");
    expect(await crashed("reset", [reset])).toMatchObject({ state: "outcome-unknown", outcomes: [{ power: "on" }] });
    expect(hosts.first.acts).toEqual([]);
  });

  it("a begun reset has succeeded where the hardware shows that it took effect", async () => {
    hosts.first.change("on");
    hosts.first.evidence = async () => "resets: 8";
    expect(await crashed("reset", [{ ...reset, evidence: "resets: 7" }])).toMatchObject({ state: "succeeded" });
    expect(hosts.first.acts).toEqual([]);
  });

  it("what had not begun is done now, within its deadline", async () => {
    expect(await crashed("on", [])).toMatchObject({ state: "succeeded", outcomes: [{ power: "on" }] });
    expect(hosts.first.acts).toEqual(["press"]);
  });

  it("and after a stop in good order the operation goes on where it was", async () => {
    hosts.first.riseMs = "never";
    const operation = submit("on", host, "stopped");
    await expect.poll(() => hosts.first.acts.length).toBe(1);
    await engine.stop();
    expect(isFinal(operation.state)).toBe(false);
    await journal.close();
    hosts.first.change("on");
    await start();
    const found = journal.operations.get("stopped");
    engine.recover();
    expect(found && (await ended(found))).toMatchObject({
      state: "succeeded",
      outcomes: [{ success: true, power: "on" }],
    });
    expect(hosts.first.acts).toEqual(["press"]);
  });

  it("of two that waited for one host, the second goes on only when the first has ended: one press", async () => {
    const waiting = { state: "queued" } as const;
    const clock = systemClock();
    for (const id of ["first", "second"]) {
      const operation: Operation = {
        id,
        component: host,
        verb: "on",
        action: "",
        actor: "",
        source: "statemgr",
        timeoutMs: 5_000,
        queuedAt: 0,
        deadline: { boot: clock.bootId, at: clock.boottime() + 5_000 },
        steps: [],
        outcomes: [],
        ...waiting,
      };
      journal.admitted(operation);
      journal.started(operation);
    }
    await journal.close();
    await start();
    const [first, second] = ["first", "second"].map((id) => journal.operations.get(id));
    engine.recover();
    expect(first && (await ended(first))).toMatchObject({ state: "succeeded" });
    expect(second && (await ended(second))).toMatchObject({ state: "succeeded" });
    expect(hosts.first.acts).toEqual(["press"]);
  });

  describe("that left open whether a host was pressed on", () => {
    beforeEach(async () => {
      const clock = systemClock();
      const operation: Operation = {
        id: "superseded",
        component: host,
        verb: "on",
        action: "",
        actor: "",
        source: "statemgr",
        timeoutMs: 0,
        queuedAt: 0,
        deadline: { boot: clock.bootId, at: 0 },
        state: "running",
        steps: [],
        outcomes: [],
      };
      journal.admitted(operation);
      journal.started(operation);
      await journal.intent(operation, { ...press, boottime: clock.boottime() });
      journal.end(operation, "aborted", 0);
      await journal.close();
      await start();
      engine.recover();
    });

    it("a force off doesn't hold the button of a host that stays off", async () => {
      expect(await ended(submit("force-off"))).toMatchObject({ state: "succeeded", outcomes: [{ power: "off" }] });
      expect(hosts.first.acts).toEqual([]);
    });

    it("a force off holds the button once power-good shows that it was", async () => {
      const operation = submit("force-off");
      setTimeout(() => hosts.first.change("on"), 20);
      expect(await ended(operation)).toMatchObject({ state: "succeeded", outcomes: [{ power: "off" }] });
      expect(hosts.first.acts).toEqual(["hold", "released early"]);
    });
  });

  it("a host that was held off since it was pressed on is not held again", async () => {
    hosts.first.riseMs = "never";
    const on = submit("on");
    await expect.poll(() => hosts.first.acts.length).toBe(1);
    await Promise.all([ended(on), ended(submit("force-off"))]);
    expect(hosts.first.acts).toEqual(["press", "hold", "held in full"]);
    await journal.close();
    await start();
    engine.recover();
    expect(await ended(submit("force-off", host, "again"))).toMatchObject({ state: "succeeded" });
    expect(hosts.first.acts).toHaveLength(3);
  });

  it("nothing is begun any more past its deadline", async () => {
    const past = { boot: systemClock().bootId, at: 0 };
    expect(await crashed("on", [], { deadline: past })).toMatchObject({ state: "timed-out" });
    expect(hosts.first.acts).toEqual([]);
  });

  it("nothing is begun any more in another boot of the BMC", async () => {
    const otherBoot = { boot: "another", at: 1e12 };
    expect(await crashed("on", [], { deadline: otherBoot })).toMatchObject({
      state: "aborted",
      outcomes: [{ power: "off" }],
    });
    expect(hosts.first.acts).toEqual([]);
  });

  it("a cycle that had switched off switches on again, with no press repeated", async () => {
    const pressedOff = { ...press, toward: "off", outcome: "done" } as const;
    const operation = await crashed("cycle", [pressedOff], {
      deadline: { boot: systemClock().bootId, at: systemClock().boottime() + 60_000 },
    });
    expect(operation).toMatchObject({ state: "succeeded", outcomes: [{ power: "on" }] });
    expect(hosts.first.acts).toEqual(["press"]);
  });

  it("a cycle that had pressed the host on again waits for that, and no longer for its going off", async () => {
    const pressedOff = { ...press, toward: "off", outcome: "done" } as const;
    const pressedOn = { ...press, part: 1, step: 2, outcome: "done" } as const;
    hosts.first.change("on");
    const operation = await crashed("cycle", [pressedOff, pressedOn], {
      deadline: { boot: systemClock().bootId, at: systemClock().boottime() + 60_000 },
    });
    expect(operation).toMatchObject({ state: "succeeded", outcomes: [{ power: "on" }] });
    expect(hosts.first.acts).toEqual([]);
  });
});

describe("what admission would say", () => {
  it("is nothing where it would take the operation, and takes nothing", () => {
    expect(engine.refusal(host, "on")).toBeUndefined();
    expect([...journal.operations]).toEqual([]);
    expect(hosts.first.acts).toEqual([]);
  });

  it("is the refusal that the operation would get", async () => {
    hosts.first.power = "on";
    hosts.first.ignoresButton = true;
    const off = submit("off");
    expect(engine.refusal(host, "on")).toMatchObject({ code: "CONFLICT", reason: "operation-in-progress" });
    expect(engine.refusal(host, "force-off")).toBeUndefined();
    expect(off.state).not.toBe("aborted");
    hosts.second.missing = "no line";
    expect(engine.refusal(other, "off")).toMatchObject({ code: "HARDWARE_UNAVAILABLE" });
    expect(engine.refusal(componentName("host.7"), "on")).toMatchObject({ code: "NOT_FOUND" });
    submit("force-off");
    await ended(off);
  });
});

it("what began before the recovery is carried out once: a fault line may cut power while powermgr starts", async () => {
  hosts.first.power = "on";
  const operation = submit("force-off");
  engine.recover();
  await vi.waitFor(() => expect(operation.state).toBe("succeeded"));
  await engine.stop();
  expect(hosts.first.acts.filter((act) => act === "hold")).toHaveLength(1);
  expect(operation.outcomes).toHaveLength(1);
});
