import {
  type Action,
  type BusbarError,
  busbar,
  componentName,
  errorCodes,
  milliseconds,
  type Status,
} from "@busbar/contracts";
import type { JournalEntry } from "@busbar/hardware";
import { afterAll, describe, expect, test } from "vitest";
import { patienceMs } from "./bounded.ts";
import { drivenEdges, type Pulse } from "./journal.ts";
import { type ActionAnswer, type ChangeEvent, useSystem } from "./system.ts";

/** Long enough for a slow power-good, short enough to see one that never comes. */
const system = useSystem({ changes: { platform: [["powerGood: 5s", "powerGood: 2s"]] } });
const reason = busbar.v1.StateChangeReason;

/** ChangeHostStateResponse { current_status: HOST_STATUS_TRANSITIONING } */
const transitioningBytes = "0803";
/** As platforms/simulated/platform.yaml has them, in milliseconds. */
const forceThreshold = 3_500;
const forceHold = 4_000;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Every pulse that powermgr made in this file, by its nominal width. */
const seen = new Map<number, number[]>();

/** One assertion by powermgr, active low, of at least its nominal width: the timer starts when the line is asserted. */
function expectPulse(pulses: readonly Pulse[], nominal: number): void {
  expect(pulses.map(({ by, wire }) => ({ by, wire }))).toEqual([{ by: "powermgr", wire: "low" }]);
  const width = pulses[0]?.width ?? 0;
  // Node may fire a timer up to a millisecond early.
  expect(width).toBeGreaterThanOrEqual(nominal - 1);
  expect(width).toBeLessThan(10 * nominal);
  seen.set(nominal, [...(seen.get(nominal) ?? []), width]);
}

afterAll(() => {
  // A busy machine may stretch one pulse, not all of them.
  for (const [nominal, widths] of seen)
    expect(Math.min(...widths), `the shortest pulse of ${nominal} ms`).toBeLessThan(1.5 * nominal);
});

const path = (changes: readonly ChangeEvent[]) =>
  changes.map(
    ({ component, previous, current, cause }) => `${component} ${previous} > ${current} (${cause ?? "nobody"})`,
  );

/** The changes that belong to one operation, from `mark` on. */
const changesOf = (operationId: string, mark: number) =>
  system()
    .changes.since(mark)
    .filter(({ origin }) => origin.operationId === operationId);

function expectRising(changes: readonly ChangeEvent[]): void {
  const revisions = changes.map(({ revision }) => revision);
  expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
  expect(new Set(changes.map(({ origin }) => origin.revision?.epoch)).size).toBe(1);
}

function expectNoOp(answer: ActionAnswer, status: Status): void {
  expect(answer.error).toBeUndefined();
  expect(answer.status).toBe(status);
  expect(answer.outcome).toBe("no-op");
}

function expectError(answer: ActionAnswer, code: BusbarError["code"], about: Partial<BusbarError> = {}): void {
  expect(answer.error).toMatchObject({ code, ...about });
  expect(answer.error?.remedy).toBeTruthy();
  expect(answer.header("Nats-Service-Error-Code")).toBe(String(errorCodes[code].nats));
  expect(answer.header("Nats-Service-Error")).toBeTruthy();
  expect(answer.header("Busbar-Error")).toBe(code);
  expect(answer.outcome).toBeUndefined();
}

/** When power-good went away. */
const goodLow = (line: string, after: number) =>
  system().entry((entry) => entry.type === "edge" && entry.line === line && entry.wire === "low", after);

const powerOf = (component: string, entries: readonly JournalEntry[]) =>
  entries.flatMap((entry) =>
    entry.type === "power" && entry.component === component ? [`${entry.state} by ${entry.cause}`] : [],
  );

describe("host.0, fresh", () => {
  test("ON brings the chassis up, then presses the button once, and tells of both in order", async () => {
    const seq = await system().seq();
    const mark = system().changes.mark;
    const answer = await system().ask("host.0", "HOST_ACTION_ON", {
      "Busbar-Actor": "e2e",
      "Busbar-Request-Id": "first",
    });

    expect(Buffer.from(answer.data).toString("hex")).toBe(transitioningBytes);
    expect(answer.status).toBe("HOST_STATUS_TRANSITIONING");
    expect(answer.outcome).toBe("accepted");
    expect(answer.operationId).toMatch(uuid);
    for (const header of ["Nats-Service-Error-Code", "Nats-Service-Error", "Busbar-Error"])
      expect(answer.header(header)).toBeUndefined();

    const { operationId = "" } = answer;
    await system().ends("host.0", operationId, mark);
    const changes = system().changes.since(mark);
    expect(path(changes)).toEqual([
      "chassis.0 CHASSIS_STATUS_OFF > CHASSIS_STATUS_TRANSITIONING (CHASSIS_ACTION_ON)",
      "host.0 HOST_STATUS_OFF > HOST_STATUS_TRANSITIONING (HOST_ACTION_ON)",
      "chassis.0 CHASSIS_STATUS_TRANSITIONING > CHASSIS_STATUS_ON (CHASSIS_ACTION_ON)",
      "host.0 HOST_STATUS_TRANSITIONING > HOST_STATUS_ON (HOST_ACTION_ON)",
    ]);
    expectRising(changes);
    for (const { origin } of changes)
      expect(origin).toMatchObject({ operationId, actor: "e2e", requestId: "first", errorCode: "" });
    expect(changes.map(({ origin }) => origin.reason)).toEqual([
      reason.STATE_CHANGE_REASON_REQUESTED,
      reason.STATE_CHANGE_REASON_REQUESTED,
      reason.STATE_CHANGE_REASON_COMPLETED,
      reason.STATE_CHANGE_REASON_COMPLETED,
    ]);

    const entries = await system().journal(seq);
    const edges = drivenEdges(entries).map(({ line, wire, asserted, by }) => `${line} ${wire} ${asserted} by ${by}`);
    expect(edges).toEqual([
      "chassis-enable high true by powermgr",
      "power-button-0 low true by powermgr",
      "power-button-0 high false by powermgr",
    ]);
    expectPulse(await system().pulses("power-button-0", seq), 200);
    // host.0 is told to be on only after its power-good was.
    const good = entries.find((entry) => entry.type === "edge" && entry.line === "power-good-0");
    expect(good).toMatchObject({ wire: "high" });
  });

  test("ON of a host that is on is a no-op that touches nothing", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    expectNoOp(await system().ask("host.0", "HOST_ACTION_ON"), "HOST_STATUS_ON");
    expectNoOp(await system().ask("chassis.0", "CHASSIS_ACTION_ON"), "CHASSIS_STATUS_ON");
    await system().agrees();
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
    expect(system().changes.since(mark)).toEqual([]);
  });
});

describe("a reset", () => {
  test.each<Action>(["HOST_ACTION_REBOOT", "HOST_ACTION_FORCE_RESTART"])(
    "by %s asserts the reset line for 100 ms and leaves power alone",
    async (action) => {
      await system().bring("host.0", "on");
      const [seq, mark] = [await system().seq(), system().changes.mark];
      const ended = await system().done("host.0", action);
      expect(path(system().changes.since(mark))).toEqual([
        `host.0 HOST_STATUS_ON > HOST_STATUS_TRANSITIONING (${action})`,
        `host.0 HOST_STATUS_TRANSITIONING > HOST_STATUS_ON (${action})`,
      ]);
      expect(ended.origin.reason).toBe(reason.STATE_CHANGE_REASON_COMPLETED);
      expectPulse(await system().pulses("reset-button-0", seq), 100);
      const entries = await system().journal(seq);
      expect(entries.filter(({ type }) => type === "reset")).toHaveLength(1);
      expect(powerOf("host.0", entries)).toEqual([]);
      expect(drivenEdges(entries).every(({ line }) => line === "reset-button-0")).toBe(true);
    },
  );

  test("of a host that is off is refused and touches nothing", async () => {
    await system().bring("host.1", "off");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    expectError(await system().ask("host.1", "HOST_ACTION_REBOOT"), "FAILED_PRECONDITION", { component: "host.1" });
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
    expect(system().changes.since(mark)).toEqual([]);
  });
});

describe("off", () => {
  test("OFF presses once and waits for the operating system to shut down", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    await system().done("host.0", "HOST_ACTION_OFF");
    expect(path(system().changes.since(mark))).toEqual([
      "host.0 HOST_STATUS_ON > HOST_STATUS_TRANSITIONING (HOST_ACTION_OFF)",
      "host.0 HOST_STATUS_TRANSITIONING > HOST_STATUS_OFF (HOST_ACTION_OFF)",
    ]);
    expectPulse(await system().pulses("power-button-0", seq), 200);
    expect(powerOf("host.0", await system().journal(seq))).toEqual(["off by shutdown"]);
  });

  test("an ON sooner than the minimum off time is refused, and a REFUSED change puts the state back", async () => {
    await system().bring("host.0", "on");
    await system().done("host.0", "HOST_ACTION_OFF");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    const answer = await system().ask("host.0", "HOST_ACTION_ON");
    expectError(answer, "INTERLOCK_DENIED", { component: "host.0", reason: "minimum-off-time" });
    expect(answer.error?.remedy).toMatch(/try again in 1 s/);

    const back = await system().reaches("host.0", "HOST_STATUS_OFF", mark);
    expect(path(system().changes.since(mark))).toEqual([
      "host.0 HOST_STATUS_OFF > HOST_STATUS_TRANSITIONING (HOST_ACTION_ON)",
      "host.0 HOST_STATUS_TRANSITIONING > HOST_STATUS_OFF (HOST_ACTION_ON)",
    ]);
    expect(back.origin).toMatchObject({ reason: reason.STATE_CHANGE_REASON_REFUSED, errorCode: "INTERLOCK_DENIED" });
    expect(back.origin.message).toMatch(/must stay off/);
    expect(await system().state("host.0")).toMatchObject({ status: "HOST_STATUS_OFF", operationId: "", action: "" });
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
  });

  test.each<Action>(["HOST_ACTION_OFF", "HOST_ACTION_FORCE_OFF"])(
    "%s of a host that is off is a no-op that presses nothing",
    async (action) => {
      await system().bring("host.0", "off");
      const [seq, mark] = [await system().seq(), system().changes.mark];
      expectNoOp(await system().ask("host.0", action), "HOST_STATUS_OFF");
      await system().agrees();
      expect(drivenEdges(await system().journal(seq))).toEqual([]);
      expect(system().changes.since(mark)).toEqual([]);
    },
  );

  test("FORCE_OFF lets go of the button once power-good has dropped", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    await system().done("host.0", "HOST_ACTION_FORCE_OFF");
    expect(path(system().changes.since(mark))).toEqual([
      "host.0 HOST_STATUS_ON > HOST_STATUS_TRANSITIONING (HOST_ACTION_FORCE_OFF)",
      "host.0 HOST_STATUS_TRANSITIONING > HOST_STATUS_OFF (HOST_ACTION_FORCE_OFF)",
    ]);
    // The system hears the press and is down long before the hold would have forced it.
    expect(powerOf("host.0", await system().journal(seq))).toEqual(["off by shutdown"]);
    const [hold, ...more] = await system().pulses("power-button-0", seq);
    expect(more).toEqual([]);
    expect(hold).toMatchObject({ by: "powermgr", wire: "low" });
    expect(hold?.from).toBeLessThan((await goodLow("power-good-0", seq)).at);
    expect(hold?.to).toBeGreaterThan((await goodLow("power-good-0", seq)).at);
    expect(hold?.width).toBeLessThan(forceThreshold);
  });

  test("FORCE_OFF holds the button of a system that ignores it past the force threshold", async () => {
    await system().bring("host.0", "on");
    await system().board.setFault({ kind: "os-ignores-button", component: componentName("host.0") });
    const seq = await system().seq();
    await system().done("host.0", "HOST_ACTION_FORCE_OFF");
    await system().board.clearFaults();
    expect(powerOf("host.0", await system().journal(seq))).toEqual(["off by hold"]);
    const [hold, ...more] = await system().pulses("power-button-0", seq);
    expect(more).toEqual([]);
    expect(hold?.width).toBeGreaterThan(forceThreshold);
    expect(hold?.to).toBeGreaterThan((await goodLow("power-good-0", seq)).at);
  });

  test("FORCE_OFF through a dead button holds it for 4 s, ends in ERROR and can be tried again", async () => {
    await system().bring("host.1", "on");
    await system().board.setFault({ kind: "button-dead", component: componentName("host.1") });
    const seq = await system().seq();
    const failed = await system().done("host.1", "HOST_ACTION_FORCE_OFF");
    expect(failed).toMatchObject({
      current: "HOST_STATUS_ERROR",
      origin: { reason: reason.STATE_CHANGE_REASON_FAILED, errorCode: "POWER_GOOD_TIMEOUT" },
    });
    expectPulse(await system().pulses("power-button-1", seq), forceHold);

    await system().board.clearFaults();
    expect((await system().done("host.1", "HOST_ACTION_FORCE_OFF")).current).toBe("HOST_STATUS_OFF");
    await system().agrees();
  });
});

describe("an ON whose power-good does not come", () => {
  test("ends in ERROR with POWER_GOOD_TIMEOUT, pressed once, and can be tried again", async () => {
    await system().bring("host.1", "off");
    await system().board.setFault({ kind: "button-dead", component: componentName("host.1") });
    const [seq, mark] = [await system().seq(), system().changes.mark];
    const operationId = await system().accepted("host.1", "HOST_ACTION_ON");
    await system().entry((entry) => entry.type === "edge" && entry.line === "power-button-1" && !entry.asserted, seq);
    // What the wait hangs on must outlive powermgr's garbage, of which these leave a lot.
    for (let round = 0; round < 40; round += 1) {
      await system().bus.exchange("powermgr.system.status", Buffer.alloc(1_000_000, 0xff), {
        timeout: milliseconds(patienceMs),
      });
    }
    const failed = await system().ends("host.1", operationId, mark);
    expect(failed).toMatchObject({
      current: "HOST_STATUS_ERROR",
      origin: { reason: reason.STATE_CHANGE_REASON_FAILED, errorCode: "POWER_GOOD_TIMEOUT" },
    });
    expect(failed.origin.message).toMatch(/power-good of host\.1/);
    expectPulse(await system().pulses("power-button-1", seq), 200);

    await system().board.clearFaults();
    expect((await system().done("host.1", "HOST_ACTION_ON")).current).toBe("HOST_STATUS_ON");
  });

  test("leaves a host that FORCE_OFF finds off: nothing is pressed", async () => {
    await system().bring("host.1", "off");
    await system().board.setFault({ kind: "button-dead", component: componentName("host.1") });
    expect((await system().done("host.1", "HOST_ACTION_ON")).current).toBe("HOST_STATUS_ERROR");
    await system().board.clearFaults();
    // From ERROR the request reaches powermgr: a hold would switch the host on, then off again.
    const seq = await system().seq();
    expect((await system().done("host.1", "HOST_ACTION_FORCE_OFF")).current).toBe("HOST_STATUS_OFF");
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
  });
});

describe("what comes while another operation runs", () => {
  test("OFF preempts an ON that waits for the chassis: the host is never pressed", async () => {
    await system().bring("chassis.0", "off");
    await system().board.setFault({
      kind: "power-good-slow",
      component: componentName("chassis.0"),
      delay: milliseconds(3_000),
    });
    const [seq, mark] = [await system().seq(), system().changes.mark];
    const on = await system().accepted("host.0", "HOST_ACTION_ON");
    await system().entry((entry) => entry.type === "edge" && entry.line === "chassis-enable" && entry.asserted, seq);
    const off = await system().accepted("host.0", "HOST_ACTION_OFF");

    const ended = await system().ends("host.0", off, mark);
    expect(ended).toMatchObject({ current: "HOST_STATUS_OFF", cause: "HOST_ACTION_OFF" });
    expect(path(changesOf(on, mark)).filter((change) => change.startsWith("host.0"))).toEqual([
      "host.0 HOST_STATUS_OFF > HOST_STATUS_TRANSITIONING (HOST_ACTION_ON)",
    ]);
    expect((await system().operation(on)).state).toBe(busbar.v1.OperationState.OPERATION_STATE_ABORTED);
    // The rail that the ON had switched comes up all the same, and is told of.
    await system().reaches("chassis.0", "CHASSIS_STATUS_ON", mark);
    expect(await system().pulses("power-button-0", seq)).toEqual([]);
    await system().board.clearFaults();
    await system().agrees();
  });

  test("FORCE_OFF after the press of an ON whose power-good is slow leaves the host off", async () => {
    await system().bring("host.0", "off");
    await system().board.setFault({
      kind: "power-good-slow",
      component: componentName("host.0"),
      delay: milliseconds(1_000),
    });
    const [seq, mark] = [await system().seq(), system().changes.mark];
    const on = await system().accepted("host.0", "HOST_ACTION_ON");
    await system().entry((entry) => entry.type === "edge" && entry.line === "power-button-0" && !entry.asserted, seq);
    const off = await system().accepted("host.0", "HOST_ACTION_FORCE_OFF");
    expect((await system().ends("host.0", off, mark)).current).toBe("HOST_STATUS_OFF");
    expect((await system().operation(on)).state).toBe(busbar.v1.OperationState.OPERATION_STATE_ABORTED);

    const [press, hold, ...more] = await system().pulses("power-button-0", seq);
    expect(more).toEqual([]);
    expect(press?.width).toBeLessThan(forceThreshold);
    expectPulse(hold === undefined ? [] : [hold], forceHold);
    expect(powerOf("host.0", await system().journal(seq))).toEqual(["on by press", "off by hold"]);
    await system().board.clearFaults();
    await system().agrees();
  });

  test("ON during OFF is CONFLICT and changes nothing; the same OFF joins; FORCE_OFF takes it over", async () => {
    await system().bring("host.0", "on");
    await system().board.setFault({ kind: "os-ignores-button", component: componentName("host.0") });
    const seq = await system().seq();
    const off = await system().accepted("host.0", "HOST_ACTION_OFF");
    await system().entry((entry) => entry.type === "edge" && entry.line === "power-button-0" && !entry.asserted, seq);
    const [pressed, mark] = [await system().seq(), system().changes.mark];

    expectError(await system().ask("host.0", "HOST_ACTION_ON"), "CONFLICT", { component: "host.0", operationId: off });
    expectError(await system().ask("host.0", "HOST_ACTION_REBOOT"), "CONFLICT", {
      component: "host.0",
      operationId: off,
    });
    expect(await system().ask("host.0", "HOST_ACTION_OFF")).toMatchObject({
      operationId: off,
      outcome: "accepted",
      error: undefined,
    });
    expect(system().changes.since(mark)).toEqual([]);
    expect(drivenEdges(await system().journal(pressed))).toEqual([]);
    expect(await system().state("host.0")).toMatchObject({
      status: "HOST_STATUS_TRANSITIONING",
      operationId: off,
      action: "HOST_ACTION_OFF",
    });

    const forced = await system().accepted("host.0", "HOST_ACTION_FORCE_OFF");
    expect((await system().ends("host.0", forced, mark)).current).toBe("HOST_STATUS_OFF");
    expect((await system().operation(off)).state).toBe(busbar.v1.OperationState.OPERATION_STATE_ABORTED);
    expect(powerOf("host.0", await system().journal(pressed))).toEqual(["off by hold"]);
    await system().board.clearFaults();
  });
});

describe("the same request id", () => {
  test("names one operation and presses once, however often and whenever it comes", async () => {
    await system().bring("host.0", "off");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    const again = () =>
      system().ask("host.0", "HOST_ACTION_ON", { "Busbar-Request-Id": "twice", "Busbar-Actor": "e2e" });
    const answers = await Promise.all([again(), again(), again()]);
    const operationId = answers[0]?.operationId ?? "";
    await system().ends("host.0", operationId, mark);
    answers.push(await again());
    for (const answer of answers) {
      expect(answer).toMatchObject({
        error: undefined,
        operationId,
        outcome: "accepted",
        status: "HOST_STATUS_TRANSITIONING",
      });
      expect(answer.data).toEqual(answers[0]?.data);
    }
    expectPulse(await system().pulses("power-button-0", seq), 200);
    expect(system().changes.since(mark)).toHaveLength(2);
  });

  test("with another payload is CONFLICT and changes nothing", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    const headers = { "Busbar-Request-Id": "one-thing", "Busbar-Actor": "e2e" };
    expectNoOp(await system().ask("host.0", "HOST_ACTION_ON", headers), "HOST_STATUS_ON");
    expectError(await system().ask("host.0", "HOST_ACTION_OFF", headers), "CONFLICT", { reason: "request-id-reused" });
    expectNoOp(await system().ask("host.0", "HOST_ACTION_ON", headers), "HOST_STATUS_ON");
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
    expect(system().changes.since(mark)).toEqual([]);
  });

  test("of another actor or component is another request", async () => {
    await system().bring("host.0", "on");
    const headers = { "Busbar-Request-Id": "everybodys", "Busbar-Actor": "e2e" };
    expectNoOp(await system().ask("host.0", "HOST_ACTION_ON", headers), "HOST_STATUS_ON");
    expectNoOp(await system().ask("chassis.0", "CHASSIS_ACTION_ON", headers), "CHASSIS_STATUS_ON");
    await system().accepted("host.0", "HOST_ACTION_REBOOT", { ...headers, "Busbar-Actor": "somebody else" });
    await system().agrees();
  });
});

describe("a chassis with running hosts", () => {
  test("goes OFF after its hosts: both are shut down, then the rail is switched", async () => {
    await system().bring("host.0", "on");
    await system().bring("host.1", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    const operationId = await system().accepted("chassis.0", "CHASSIS_ACTION_OFF");
    await system().ends("chassis.0", operationId, mark);

    const changes = system().changes.since(mark);
    expectRising(changes);
    expect(changes.every(({ origin }) => origin.operationId === operationId)).toBe(true);
    expect(path(changes).toSorted()).toEqual([
      "chassis.0 CHASSIS_STATUS_ON > CHASSIS_STATUS_TRANSITIONING (CHASSIS_ACTION_OFF)",
      "chassis.0 CHASSIS_STATUS_TRANSITIONING > CHASSIS_STATUS_OFF (CHASSIS_ACTION_OFF)",
      "host.0 HOST_STATUS_ON > HOST_STATUS_TRANSITIONING (HOST_ACTION_OFF)",
      "host.0 HOST_STATUS_TRANSITIONING > HOST_STATUS_OFF (HOST_ACTION_OFF)",
      "host.1 HOST_STATUS_ON > HOST_STATUS_TRANSITIONING (HOST_ACTION_OFF)",
      "host.1 HOST_STATUS_TRANSITIONING > HOST_STATUS_OFF (HOST_ACTION_OFF)",
    ]);
    // All are on their way at once, in one commit; the chassis arrives last.
    expect(changes.slice(0, 3).every(({ current }) => /TRANSITIONING/.test(current))).toBe(true);
    expect(changes.at(-1)?.component).toBe("chassis.0");

    const entries = await system().journal(seq);
    const downs = entries.flatMap((entry) =>
      entry.type === "power" ? [`${entry.component} ${entry.state} by ${entry.cause}`] : [],
    );
    expect(downs.toSorted()).toEqual(["chassis.0 off by enable", "host.0 off by shutdown", "host.1 off by shutdown"]);
    expect(downs.at(-1)).toBe("chassis.0 off by enable");
    expectPulse(await system().pulses("power-button-0", seq), 200);
    expectPulse(await system().pulses("power-button-1", seq), 200);
    expect(drivenEdges(entries).at(-1)).toMatchObject({ line: "chassis-enable", wire: "low", asserted: false });
  });

  test("on EMERGENCY_SHUTDOWN loses its rail at once, with its running host and without a press", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    const operationId = await system().accepted("chassis.0", "CHASSIS_ACTION_EMERGENCY_SHUTDOWN");
    await system().ends("chassis.0", operationId, mark);
    await system().ends("host.0", operationId, mark);

    expect(path(changesOf(operationId, mark)).toSorted()).toEqual([
      "chassis.0 CHASSIS_STATUS_ON > CHASSIS_STATUS_TRANSITIONING (CHASSIS_ACTION_EMERGENCY_SHUTDOWN)",
      "chassis.0 CHASSIS_STATUS_TRANSITIONING > CHASSIS_STATUS_OFF (CHASSIS_ACTION_EMERGENCY_SHUTDOWN)",
      "host.0 HOST_STATUS_ON > HOST_STATUS_TRANSITIONING (HOST_ACTION_FORCE_OFF)",
      "host.0 HOST_STATUS_TRANSITIONING > HOST_STATUS_OFF (HOST_ACTION_FORCE_OFF)",
    ]);
    const entries = await system().journal(seq);
    expect(drivenEdges(entries).map(({ line, wire }) => `${line} ${wire}`)).toEqual(["chassis-enable low"]);
    expect(powerOf("host.0", entries)).toEqual(["off by rail"]);
  });

  test("ON switches the rail and leaves the hosts off", async () => {
    await system().bring("chassis.0", "off");
    const seq = await system().seq();
    await system().done("chassis.0", "CHASSIS_ACTION_ON");
    expect(drivenEdges(await system().journal(seq)).map(({ line, wire }) => `${line} ${wire}`)).toEqual([
      "chassis-enable high",
    ]);
    expect((await system().state("host.0")).status).toBe("HOST_STATUS_OFF");
  });
});
