import {
  busbar,
  componentName,
  componentOf,
  decodeStateChange,
  endpoints,
  epochMs,
  kindOf,
  milliseconds,
  schema,
  subjects,
} from "@busbar/contracts";
import { afterAll, describe, expect, test } from "vitest";
import { eventually, patienceMs } from "./bounded.ts";
import { drivenEdges } from "./journal.ts";
import { useSystem } from "./system.ts";

const system = useSystem();
const { OperationState, Power, StateChangeReason } = busbar.v1;
const host = componentName("host.0");
const timeout = milliseconds(patienceMs);

/** A message as JetStream keeps it. */
interface Stored {
  readonly subject: string;
  readonly data: Buffer;
  readonly id: string | undefined;
}

/** JetStream's API over plain requests: https://docs.nats.io/reference/reference-protocols/nats_api_reference */
async function api(call: string, body: object): Promise<Record<string, Record<string, unknown>>> {
  const { data } = await system().bus.exchange(`$JS.API.${call}`, Buffer.from(JSON.stringify(body)), { timeout });
  const answer = JSON.parse(Buffer.from(data).toString()) as Record<string, Record<string, unknown>>;
  if (answer.error !== undefined) throw new Error(`${call}: ${JSON.stringify(answer.error)}`);
  return answer;
}

async function stored(stream: string): Promise<Stored[]> {
  const { state = {} } = await api(`STREAM.INFO.${stream}`, {});
  const messages: Stored[] = [];
  for (let seq = Number(state.first_seq); seq <= Number(state.last_seq); seq += 1) {
    const { message = {} } = await api(`STREAM.MSG.GET.${stream}`, { seq });
    const headers = Buffer.from(String(message.hdrs ?? ""), "base64").toString();
    messages.push({
      subject: String(message.subject),
      data: Buffer.from(String(message.data ?? ""), "base64"),
      id: /^Nats-Msg-Id: *(.*)\r$/m.exec(headers)?.[1],
    });
  }
  return messages;
}

async function history(
  component: string,
  { limit = 1000, before = 0 } = {},
): Promise<busbar.v1.StateChange.$Properties[]> {
  const name = componentName(component);
  const endpoint = endpoints.componentHistory.find((row) => row.name === `${kindOf(name)}-history`);
  if (endpoint === undefined) throw new Error(`no history of ${component}`);
  const options = { subject: subjects.component("statemgr", name, "history"), timeout };
  return (await system().bus.request(endpoint, { limit, before }, options)).message.changes;
}

const idOf = (change: busbar.v1.StateChange.$Properties) => Number(change.origin?.revision?.id);

/** Everything statemgr has recorded, oldest first. */
async function recorded(): Promise<busbar.v1.StateChange.$Properties[]> {
  const components = (await system().states()).map(({ component }) => component ?? "");
  const all = await Promise.all(components.map((component) => history(component)));
  return all.flat().toSorted((a, b) => idOf(a) - idOf(b));
}

const shown = (change: {
  component?: string | null;
  previousStatus?: string | null;
  currentStatus?: string | null;
  cause?: string | null;
  origin?: busbar.v1.StateChangeOrigin.$Properties | null;
}) => ({
  component: change.component,
  change: `${change.previousStatus} > ${change.currentStatus}`,
  cause: change.cause ?? "",
  revision: Number(change.origin?.revision?.id),
  epoch: change.origin?.revision?.epoch,
  reason: change.origin?.reason,
  operationId: change.origin?.operationId ?? "",
});

const asChange = (subject: string, data: Uint8Array) => {
  const { component, previous, current, cause, origin } = decodeStateChange(componentOf(subject), data);
  return { component, previousStatus: previous, currentStatus: current, cause: cause ?? "", origin };
};

/** The streams hold what was recorded and told, each once, in its order. */
async function expectStreamsComplete(): Promise<void> {
  const changes = (await recorded()).map(shown);
  const kept = await eventually("every state change is in the stream", async () => {
    const messages = await stored("STATEMGR_EVENTS");
    return messages.length >= changes.length ? messages : undefined;
  });
  expect(kept.map(({ subject, data }) => shown(asChange(subject, data)))).toEqual(changes);
  expect(new Set(kept.map(({ id }) => id)).size).toBe(kept.length);
  for (const { id } of kept) expect(id).toMatch(/^[0-9a-f-]{36}:\d+$/);
  // Who listened heard the very bytes, if perhaps twice.
  const bytes = new Set(kept.map(({ subject, data }) => `${subject} ${data.toString("hex")}`));
  for (const { subject, data } of system().changes.all)
    expect(bytes).toContain(`${subject} ${Buffer.from(data).toString("hex")}`);

  const heard = new Set(
    system().events.all.map(({ subject, data }) => `${subject} ${Buffer.from(data).toString("hex")}`),
  );
  const power = await eventually("every event of powermgr is in the stream", async () => {
    const messages = await stored("POWERMGR_EVENTS");
    const there = new Set(messages.map(({ subject, data }) => `${subject} ${data.toString("hex")}`));
    return [...heard].every((event) => there.has(event)) ? messages : undefined;
  });
  expect(new Set(power.map(({ id }) => id)).size).toBe(power.length);
  const results = power
    .filter(({ subject }) => subject.endsWith(".power.result"))
    .map(({ data }) => schema.v1alpha1.PowerOperationResult.decode(data));
  const told = results.map(({ operationId, componentName: component, success, currentState }) => ({
    operationId,
    component,
    success,
    power: currentState,
  }));
  const { operations } = (await system().bus.request(endpoints.operationsList, { limit: 1000 }, { timeout })).message;
  const outcomes = operations.flatMap(({ id, outcomes: ended = [] }) =>
    (ended ?? []).map(({ component, success, power: at }) => ({ operationId: id, component, success, power: at })),
  );
  const order = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  expect(told.toSorted(order)).toEqual(outcomes.toSorted(order));
}

// Whatever a test of this file did.
afterAll(expectStreamsComplete);

describe("an operation", () => {
  test("can be asked for while it runs and after, step by step", async () => {
    await system().board.setFault({ kind: "power-good-slow", component: host, delay: milliseconds(1_000) });
    const seq = await system().seq();
    const id = await system().accepted("host.0", "HOST_ACTION_ON", { "Busbar-Actor": "e2e" });
    await system().entry((entry) => entry.type === "edge" && entry.line === "power-button-0" && !entry.asserted, seq);

    const open = await system().operation(id);
    expect(open).toMatchObject({ id, component: "host.0", action: "HOST_ACTION_ON", actor: "e2e" });
    expect([OperationState.OPERATION_STATE_RUNNING, OperationState.OPERATION_STATE_VERIFYING]).toContain(open.state);
    const list = async (active: boolean) =>
      (await system().bus.request(endpoints.operationsList, { active }, { timeout })).message.operations;
    expect((await list(true)).map((operation) => operation.id)).toEqual([id]);
    expect(await system().state("host.0")).toMatchObject({
      status: "HOST_STATUS_TRANSITIONING",
      operationId: id,
      action: "HOST_ACTION_ON",
    });
    expect((await system().powerStatus()).find(({ component }) => component === "host.0")).toMatchObject({
      operationId: id,
    });

    await system().ends("host.0", id);
    await system().board.clearFaults();
    const ended = await eventually("the operation's end", async () => {
      const operation = await system().operation(id);
      return operation.state === OperationState.OPERATION_STATE_SUCCEEDED ? operation : undefined;
    });
    expect(await list(true)).toEqual([]);
    expect((await list(false))[0]).toEqual(ended);
    expect(ended.outcomes.map(({ component, verb, success, power }) => ({ component, verb, success, power }))).toEqual([
      { component: "chassis.0", verb: "on", success: true, power: "on" },
      { component: "host.0", verb: "on", success: true, power: "on" },
    ]);
    const acts = ended.steps
      .filter(({ line }) => line !== "")
      .map(({ kind, component, line, outcome }) => ({ kind, component, line, outcome }));
    expect(acts).toEqual([
      { kind: "switch", component: "chassis.0", line: "chassis-enable", outcome: "done" },
      { kind: "press", component: "host.0", line: "power-button-0", outcome: "done" },
    ]);
    const [queued = 0, started = 0, finished = 0] = [ended.queuedAt, ended.startedAt, ended.finishedAt].map(epochMs);
    expect(queued).toBeGreaterThan(0);
    expect(started).toBeGreaterThanOrEqual(queued);
    expect(finished).toBeGreaterThanOrEqual(started + 1_000);
  });

  test("can be aborted while the host comes on: its press is not made again, and statemgr follows power-good", async () => {
    await system().bring("host.1", "off");
    await system().mayGoOn();
    await system().board.setFault({
      kind: "power-good-slow",
      component: componentName("host.1"),
      delay: milliseconds(1_000),
    });
    const [seq, mark] = [await system().seq(), system().changes.mark];
    const id = await system().accepted("host.1", "HOST_ACTION_ON");
    await system().entry((entry) => entry.type === "edge" && entry.line === "power-button-1" && entry.asserted, seq);
    const abort = { id, reason: "wrong host" };
    const headers = { actor: "ann" };
    const { outcome } = await system().bus.request(endpoints.operationsAbort, abort, { timeout, headers });
    expect(outcome).toBe("accepted");
    await system().ends("host.1", id, mark);
    expect(await system().operation(id)).toMatchObject({
      state: OperationState.OPERATION_STATE_ABORTED,
      message: "aborted by ann: wrong host",
    });
    const again = await system().bus.request(endpoints.operationsAbort, abort, { timeout, headers });
    expect(again.outcome).toBe("no-op");
    await system().board.clearFaults();
    await system().reaches("host.1", "HOST_STATUS_ON", mark);
    expect(await system().pulses("power-button-1", seq)).toHaveLength(1);
  });

  test("that was refused is not known to powermgr, and is an ended one at statemgr", async () => {
    await system().bring("host.0", "on");
    await system().done("host.0", "HOST_ACTION_OFF");
    const mark = system().changes.mark;
    const answer = await system().ask("host.0", "HOST_ACTION_ON");
    expect(answer.error).toMatchObject({ code: "INTERLOCK_DENIED" });
    const { origin } = await system().reaches("host.0", "HOST_STATUS_OFF", mark);
    await expect(system().operation(origin.operationId ?? "")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await system().state("host.0")).toMatchObject({ status: "HOST_STATUS_OFF", operationId: "" });
  });
});

describe("get, list and history", () => {
  test("agree with each other and with the events", async () => {
    await system().bring("host.0", "on");
    await system().done("host.0", "HOST_ACTION_REBOOT");
    const last = system().changes.all.findLast(({ component }) => component === host);
    const state = await system().state("host.0");
    expect(state).toMatchObject({
      component: "host.0",
      status: "HOST_STATUS_ON",
      observed: Power.POWER_ON,
      intended: Power.POWER_ON,
      operationId: "",
      action: "",
    });
    expect(Number(state.revision?.id)).toBe(last?.revision);
    expect(state.revision?.epoch).toBe(last?.origin.revision?.epoch);
    expect(epochMs(state.changedAt)).toBe(epochMs(last?.changedAt));
    expect((await system().states()).find(({ component }) => component === "host.0")).toEqual(state);

    const newest = await history("host.0");
    const heard = system()
      .changes.all.filter(({ component }) => component === host)
      .map(({ subject, data }) => shown(asChange(subject, data)));
    expect(newest.map(shown).slice(0, heard.length)).toEqual(heard.toReversed());
    // The first change of all was seen at the start, before anybody listened.
    expect(newest.at(-1)?.origin?.reason).toBe(StateChangeReason.STATE_CHANGE_REASON_RECOVERED);

    const pages: busbar.v1.StateChange.$Properties[] = [];
    for (let before = 0; ; before = idOf(pages.at(-1) ?? {})) {
      const page = await history("host.0", { limit: 2, before });
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(2);
      pages.push(...page);
    }
    expect(pages).toEqual(newest);
  });
});

describe("what nobody asked Busbar for", () => {
  test("a press at the front panel is followed as an external change, on and off", async () => {
    await system().bring("host.0", "off");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    await system().board.press("power-button-0", milliseconds(200));
    const on = await system().reaches("host.0", "HOST_STATUS_ON", mark);
    expect(on).toMatchObject({
      previous: "HOST_STATUS_OFF",
      cause: undefined,
      origin: { reason: StateChangeReason.STATE_CHANGE_REASON_EXTERNAL, operationId: "", actor: "" },
    });
    expect(await system().state("host.0")).toMatchObject({
      status: "HOST_STATUS_ON",
      observed: Power.POWER_ON,
      intended: Power.POWER_ON,
    });

    await system().listens();
    await system().board.press("power-button-0", milliseconds(200));
    const off = await system().reaches("host.0", "HOST_STATUS_OFF", mark);
    expect(off).toMatchObject({
      previous: "HOST_STATUS_ON",
      cause: undefined,
      origin: { reason: StateChangeReason.STATE_CHANGE_REASON_EXTERNAL, operationId: "" },
    });
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
  });

  test("a host that trips is told to be off", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    await system().board.setFault({ kind: "trip", component: host });
    const off = await system().reaches("host.0", "HOST_STATUS_OFF", mark);
    expect(off).toMatchObject({ cause: undefined, origin: { reason: StateChangeReason.STATE_CHANGE_REASON_EXTERNAL } });
    await system().agrees();
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
  });

  test("mains that are lost take hosts and chassis off; when they return the chassis comes back, and nobody presses", async () => {
    await system().bring("host.0", "on");
    const [seq, mark] = [await system().seq(), system().changes.mark];
    await system().board.mains({ state: "lost", standby: "good" });
    for (const [component, status] of [
      ["host.0", "HOST_STATUS_OFF"],
      ["chassis.0", "CHASSIS_STATUS_OFF"],
    ] as const) {
      const off = await system().reaches(component, status, mark);
      expect(off).toMatchObject({
        cause: undefined,
        origin: { reason: StateChangeReason.STATE_CHANGE_REASON_EXTERNAL, operationId: "" },
      });
    }
    await system().agrees();
    const back = system().changes.mark;
    await system().board.mains({ state: "good", standby: "good" });
    const on = await system().reaches("chassis.0", "CHASSIS_STATUS_ON", back);
    expect(on.origin.reason).toBe(StateChangeReason.STATE_CHANGE_REASON_EXTERNAL);
    await system().agrees();
    expect((await system().state("host.0")).status).toBe("HOST_STATUS_OFF");
    expect(drivenEdges(await system().journal(seq))).toEqual([]);
  });
});

describe("the streams", () => {
  test("hold each event once, in the order of what was recorded", async () => {
    await system().bring("host.0", "on");
    await system().bring("host.0", "off");
    await expectStreamsComplete();
  });

  test.each(["statemgr", "powermgr", "broker"] as const)(
    "hold each event once after %s was killed and started again",
    async (victim) => {
      await system().bring("host.0", "on");
      await system().kill(victim);
      await system().agrees();
      await system().bring("host.0", "off");
      await expectStreamsComplete();
    },
  );
});
