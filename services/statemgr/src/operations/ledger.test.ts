import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Action, BusbarError, componentName, decodeStateChange, milliseconds, type Verb } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { DomainGraph } from "@busbar/platform";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../store/database.ts";
import { tables as prepareTables, type Tables } from "../store/tables.ts";
import { ChangeLog } from "./change-log.ts";
import { Ledger, statusOf } from "./ledger.ts";

const host = componentName("host.0");
const other = componentName("host.1");
const chassis = componentName("chassis.0");
const graph = new DomainGraph(
  new Map([
    [chassis, []],
    [host, [chassis]],
    [other, [chassis]],
  ]),
);

let directory: string;
let database: Database;
let tables: Tables;
let ledger: Ledger;
let clock: FakeClock;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ledger-"));
  const opened = openDatabase(directory);
  database = opened.database;
  tables = prepareTables(database);
  clock = new FakeClock();
  ledger = new Ledger(
    tables,
    new ChangeLog(tables, opened.epoch, { stateChanges: 1000, events: 1000, published: () => 0 }),
    graph,
    clock,
  );
});

afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

const actions: Partial<Record<Verb, Action>> = {
  on: "HOST_ACTION_ON",
  off: "HOST_ACTION_OFF",
  "force-off": "HOST_ACTION_FORCE_OFF",
  reset: "HOST_ACTION_REBOOT",
};

const request = (verb: Verb, component = host) => {
  const action = component === chassis ? (verb === "on" ? "CHASSIS_ACTION_ON" : "CHASSIS_ACTION_OFF") : actions[verb];
  if (!action) throw new Error(verb);
  return ledger.request({
    component,
    action,
    verb,
    actor: "tester",
    requestId: undefined,
    timeout: milliseconds(30_000),
  });
};

const status = (component = host) => {
  const row = tables.component(component);
  return row && statusOf(row);
};

const reasons = (component = host) =>
  tables.history(component, Number.MAX_SAFE_INTEGER, 100).map(({ reason }) => reason);

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof BusbarError ? error.code : String(error);
  }
  return "nothing";
};

function observe(powers: Partial<Record<"host" | "other" | "chassis", "on" | "off" | "unknown">>): void {
  ledger.observed(chassis, powers.chassis ?? "on");
  ledger.observed(host, powers.host ?? "off");
  ledger.observed(other, powers.other ?? "off");
}

describe("before anything was observed", () => {
  it("an action is refused, because nothing is known about power", () => {
    expect(code(() => request("on"))).toBe("UNAVAILABLE");
  });

  it("the first observation makes the state, and unknown power is neither on nor off", () => {
    observe({ host: "unknown", chassis: "unknown" });
    expect(status()).toBe("HOST_STATUS_ERROR");
    expect(status(chassis)).toBe("CHASSIS_STATUS_UNKNOWN");
  });
});

describe("a host switched on", () => {
  it("goes through TRANSITIONING to ON, with its operation's cause and actor", () => {
    observe({});
    const { operationId, isNew } = request("on");
    expect(isNew).toBe(true);
    expect(status()).toBe("HOST_STATUS_TRANSITIONING");
    ledger.result(host, String(operationId), { success: true, power: "on" });
    expect(status()).toBe("HOST_STATUS_ON");
    expect(tables.history(host, Number.MAX_SAFE_INTEGER, 10)).toMatchObject([
      {
        previous: "HOST_STATUS_TRANSITIONING",
        current: "HOST_STATUS_ON",
        cause: "HOST_ACTION_ON",
        reason: "COMPLETED",
        actor: "tester",
      },
      {
        previous: "HOST_STATUS_OFF",
        current: "HOST_STATUS_TRANSITIONING",
        cause: "HOST_ACTION_ON",
        reason: "REQUESTED",
      },
      { reason: "RECOVERED" },
    ]);
    expect(tables.operation(String(operationId))).toMatchObject({ state: "succeeded" });
  });

  it("takes its chassis along, in the same operation", () => {
    observe({ chassis: "off" });
    const { operationId } = request("on");
    expect(status(chassis)).toBe("CHASSIS_STATUS_TRANSITIONING");
    expect(tables.component(chassis)).toMatchObject({ operation_id: operationId, action: "CHASSIS_ACTION_ON" });
    ledger.result(chassis, String(operationId), { success: true, power: "on" });
    expect(status(chassis)).toBe("CHASSIS_STATUS_ON");
    expect(status()).toBe("HOST_STATUS_TRANSITIONING");
    expect(tables.operation(String(operationId))?.state).toBe("open");
  });

  it("is refused while its chassis goes off, and nothing is changed by that", () => {
    observe({});
    request("off", chassis);
    const before = database.serialize();
    expect(code(() => database.transaction(() => request("on"))())).toBe("CONFLICT");
    expect(database.serialize().equals(before)).toBe(true);
  });

  it("is OFF again when powermgr refuses it, with the reason recorded", () => {
    observe({ chassis: "off" });
    const { operationId } = request("on");
    ledger.refused(
      String(operationId),
      new BusbarError("INTERLOCK_DENIED", "too soon", { reason: "minimum-off-time" }),
    );
    expect(status()).toBe("HOST_STATUS_OFF");
    expect(status(chassis)).toBe("CHASSIS_STATUS_OFF");
    expect(tables.history(host, Number.MAX_SAFE_INTEGER, 1)).toMatchObject([
      { reason: "REFUSED", error_code: "INTERLOCK_DENIED", message: "too soon" },
    ]);
    expect(tables.operation(String(operationId))).toMatchObject({ state: "refused" });
  });

  it("is ERROR when its power-good never came, and can be tried again from there", () => {
    observe({});
    const { operationId } = request("on");
    ledger.result(host, String(operationId), {
      success: false,
      power: "off",
      errorCode: "POWER_GOOD_TIMEOUT",
      message: "no power-good",
    });
    expect(status()).toBe("HOST_STATUS_ERROR");
    expect(request("on").isNew).toBe(true);
  });
});

describe("a host switched off", () => {
  it("that ignored the button is ON, and the operation failed", () => {
    observe({ host: "on" });
    const { operationId } = request("off");
    ledger.result(host, String(operationId), { success: false, power: "on", errorCode: "POWER_GOOD_TIMEOUT" });
    expect(status()).toBe("HOST_STATUS_ON");
    expect(tables.operation(String(operationId))).toMatchObject({ state: "failed", error_code: "POWER_GOOD_TIMEOUT" });
  });

  it("takes over an ON in progress, whose late result then says nothing", () => {
    observe({});
    const on = request("on");
    const off = request("off");
    expect(off.operationId).not.toBe(on.operationId);
    expect(tables.operation(String(on.operationId))).toMatchObject({ state: "aborted" });
    expect(ledger.result(host, String(on.operationId), { success: true, power: "on" })).toBe(false);
    expect(status()).toBe("HOST_STATUS_TRANSITIONING");
    ledger.result(host, String(off.operationId), { success: true, power: "off" });
    expect(status()).toBe("HOST_STATUS_OFF");
  });

  it("keeps what an ON was answered that powermgr refused after it was superseded", () => {
    observe({});
    const on = request("on");
    request("off");
    expect(ledger.refused(String(on.operationId), new BusbarError("UNAVAILABLE", "nobody serves it"))).toBe(false);
    expect(tables.operation(String(on.operationId))).toMatchObject({ state: "aborted" });
  });

  it("leaves what came along with an ON that never reached powermgr as it was", () => {
    observe({ chassis: "off" });
    const on = request("on");
    request("force-off");
    expect(status(chassis)).toBe("CHASSIS_STATUS_TRANSITIONING");
    ledger.neverBegan(String(on.operationId), new BusbarError("DEADLINE_EXCEEDED", "it never arrived"));
    expect(status(chassis)).toBe("CHASSIS_STATUS_OFF");
    expect(status()).toBe("HOST_STATUS_TRANSITIONING");
    expect(tables.operation(String(on.operationId))).toMatchObject({ state: "aborted" });
  });

  it("with its chassis: both go, each with its own action", () => {
    observe({ host: "on" });
    request("off", chassis);
    expect(tables.component(host)).toMatchObject({ action: "HOST_ACTION_OFF" });
    expect(status(other)).toBe("HOST_STATUS_OFF");
  });
});

describe("a cycle", () => {
  it("takes along the hosts that are on, and leaves alone those that are off", () => {
    observe({ host: "on" });
    const { operationId } = ledger.request({
      component: chassis,
      action: "CHASSIS_ACTION_POWER_CYCLE",
      verb: "cycle",
      actor: "tester",
      requestId: undefined,
      timeout: milliseconds(30_000),
    });
    expect(tables.component(host)).toMatchObject({ operation_id: operationId, action: "HOST_ACTION_GRACEFUL_RESTART" });
    expect(status(other)).toBe("HOST_STATUS_OFF");
  });

  it("is refused for what is off", () => {
    observe({});
    expect(code(() => request("reset"))).toBe("FAILED_PRECONDITION");
  });
});

describe("the same asked twice", () => {
  it("joins what is in progress", () => {
    observe({});
    const first = request("on");
    expect(request("on")).toEqual({
      outcome: "accepted",
      status: "HOST_STATUS_TRANSITIONING",
      operationId: first.operationId,
      isNew: false,
    });
  });

  it("is a no-op once it is so", () => {
    observe({ host: "on" });
    expect(request("on")).toMatchObject({ outcome: "no-op", status: "HOST_STATUS_ON", isNew: false });
  });
});

describe("what nobody asked for", () => {
  it("is followed and recorded as external", () => {
    observe({ host: "on" });
    ledger.observed(host, "off");
    expect(status()).toBe("HOST_STATUS_OFF");
    expect(reasons()).toEqual(["EXTERNAL", "RECOVERED"]);
  });

  it("says when a host went off because its chassis did", () => {
    observe({ host: "on", other: "on" });
    ledger.observed(other, "off");
    ledger.observed(chassis, "off");
    ledger.observed(host, "off");
    expect(tables.history(other, Number.MAX_SAFE_INTEGER, 1)).toMatchObject([
      { message: "went off without a request", cause: null },
    ]);
    expect(tables.history(host, Number.MAX_SAFE_INTEGER, 1)).toMatchObject([{ message: "lost power with chassis.0" }]);
  });

  it("names the operation of powermgr that statemgr had no part in, as after an emergency", () => {
    observe({ host: "on" });
    ledger.observed(host, "off", { operationId: "emergency-1" });
    expect(tables.history(host, Number.MAX_SAFE_INTEGER, 1)).toMatchObject([
      { reason: "EXTERNAL", message: "went off by powermgr's operation emergency-1, which statemgr had no part in" },
    ]);
  });

  it("does not end an operation: its result does", () => {
    observe({});
    request("on");
    ledger.observed(host, "on");
    expect(status()).toBe("HOST_STATUS_TRANSITIONING");
    expect(tables.component(host)?.observed).toBe("on");
  });

  it("seen twice is recorded once", () => {
    observe({ host: "on" });
    ledger.observed(host, "on");
    expect(reasons()).toEqual(["RECOVERED"]);
  });
});

it("an operation whose outcome can't be learned leaves no component in transition", () => {
  observe({ chassis: "off" });
  const { operationId } = request("on");
  ledger.giveUp(String(operationId), new BusbarError("OUTCOME_UNKNOWN", "powermgr is gone"));
  expect([status(), status(chassis)]).toEqual(["HOST_STATUS_ERROR", "CHASSIS_STATUS_FAILED"]);
  expect(tables.operation(String(operationId))).toMatchObject({ state: "unknown" });
});

it("each change has its event, with the same revision, in the same order", () => {
  observe({});
  const { operationId } = request("on");
  clock.advance(1_234);
  ledger.result(host, String(operationId), { success: true, power: "on" });
  let id = 0;
  const events: number[] = [];
  for (let row = tables.nextOutbox(id); row; row = tables.nextOutbox(id)) {
    id = row.id;
    if (row.subject.includes("host.0")) events.push(Number(decodeStateChange(host, row.data).origin.revision?.id));
  }
  const history = tables.history(host, Number.MAX_SAFE_INTEGER, 100).map((change) => change.id);
  expect(events).toEqual(history.toReversed());
  expect(tables.history(host, Number.MAX_SAFE_INTEGER, 1)).toMatchObject([{ previous_duration_ms: 1_234 }]);
});

describe("what a request would come to", () => {
  const foresee = (verb: Verb, component = host) => ledger.foresee({ component, verb });

  it("is what it then comes to, and asking changes nothing", () => {
    observe({ host: "on" });
    const before = [status(), reasons(), tables.component(host)];
    expect([foresee("on"), foresee("off"), foresee("reset")]).toEqual(["no-op", "accept", "accept"]);
    expect([status(), reasons(), tables.component(host)]).toEqual(before);
    request("off");
    expect([foresee("off"), foresee("force-off"), code(() => foresee("on"))]).toEqual(["join", "accept", "CONFLICT"]);
  });

  it("is a refusal where the state refuses, or where nothing is known", () => {
    expect(code(() => foresee("on"))).toBe("UNAVAILABLE");
    observe({});
    expect(code(() => foresee("reset"))).toBe("FAILED_PRECONDITION");
  });

  it("is a refusal where something that it needs is busy", () => {
    observe({ chassis: "on" });
    request("off", chassis);
    expect(code(() => foresee("on", other))).toBe(code(() => request("on", other)));
    expect(code(() => foresee("on", other))).toBe("CONFLICT");
  });
});

it("an operation and its events keep the trace context of the request, whatever is sent again after a crash", () => {
  observe({});
  const mark = tables.lastChange()?.id ?? 0;
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const { operationId } = ledger.request({
    component: host,
    action: "HOST_ACTION_ON",
    verb: "on",
    actor: "tester",
    requestId: undefined,
    traceparent,
    timeout: milliseconds(30_000),
  });
  ledger.result(host, String(operationId), { success: true, power: "on" });
  expect(tables.operation(String(operationId))).toMatchObject({ traceparent });
  const told: (string | null)[] = [];
  for (let row = tables.nextOutbox(mark); row; row = tables.nextOutbox(row.id)) told.push(row.traceparent);
  expect(told.length).toBeGreaterThanOrEqual(2);
  expect(new Set(told)).toEqual(new Set([traceparent]));
});
