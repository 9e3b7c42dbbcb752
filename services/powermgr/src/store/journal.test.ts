import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { componentName } from "@busbar/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ComponentOutcome, Operation, StepRecord } from "../operations/operation.ts";
import { AppendLog } from "./append-log.ts";
import { Journal } from "./journal.ts";

const host = componentName("host.0");

let directory: string;
let journal: Journal;
let heard: string[];

const open = (more: { compactAboveBytes?: number; retainEvents?: number } = {}) =>
  Journal.open({
    directory,
    retainOperations: 3,
    retainEvents: 100,
    compactAboveBytes: 1e9,
    onFailure: () => heard.push("failing"),
    onRecovered: () => heard.push("recovered"),
    ...more,
  });

async function reopen(more: Parameters<typeof open>[0] = {}): Promise<void> {
  await journal.close();
  journal = await open(more);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "journal-"));
  heard = [];
  journal = await open();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await journal.close();
  rmSync(directory, { recursive: true });
});

const operationOf = (id: string): Operation => ({
  id,
  component: host,
  verb: "on",
  action: "HOST_ACTION_ON",
  actor: "test",
  source: "statemgr",
  timeoutMs: 1_000,
  queuedAt: 1,
  deadline: { boot: "boot", at: 1 },
  state: "running",
  plan: [],
  steps: [],
  outcomes: [],
});

const step = (number: number): StepRecord => ({
  part: 0,
  step: number,
  kind: "press",
  component: host,
  line: "button",
  startedAt: 1,
});
const outcome: ComponentOutcome = {
  component: host,
  verb: "on",
  success: true,
  before: "off",
  power: "on",
  durationMs: 7,
};

async function live(id: string): Promise<Operation> {
  const operation = operationOf(id);
  journal.admitted(operation);
  journal.started(operation);
  const record = step(0);
  await journal.intent(operation, record);
  record.outcome = "done";
  journal.stepped(operation, record);
  await journal.outcome(operation, outcome, "powermgr.host.0.power.result", Buffer.from(id));
  journal.end(operation, "succeeded", 2);
  return operation;
}

const eventIds = () => {
  const ids: number[] = [];
  for (let event = journal.after(0); event; event = journal.after(event.id)) ids.push(event.id);
  return ids;
};

describe("what a reopened journal knows", () => {
  it("is an operation with its steps, outcome and end", async () => {
    const operation = await live("one");
    await reopen();
    expect(journal.operations.get("one")).toEqual(operation);
  });

  it("is an intent without outcome, when that is as far as it came", async () => {
    const operation = operationOf("cut short");
    journal.started(operation);
    await journal.intent(operation, step(2));
    await reopen();
    expect(journal.operations.get("cut short")).toMatchObject({ state: "running", steps: [{ part: 0, step: 2 }] });
    expect(journal.operations.get("cut short")?.steps[0]?.outcome).toBeUndefined();
  });

  it("is the same epoch and every event, in order, with ids that go on", async () => {
    await live("one");
    const { epoch } = journal;
    await reopen();
    await live("two");
    await reopen();
    expect(journal.epoch).toBe(epoch);
    expect(eventIds()).toEqual([1, 2]);
  });

  it("is whose result an event is, for its header", async () => {
    await live("one");
    await reopen();
    expect(journal.after(0)?.headers).toEqual({ "Busbar-Operation-Id": "one" });
  });

  it("is the last power of each component", async () => {
    await journal.power(
      { component: host, power: "on", boot: "b", at: 5 },
      "powermgr.event.host.0.powergood",
      Buffer.from("x"),
    );
    await reopen();
    expect(journal.powers.get(host)).toEqual({ component: host, power: "on", boot: "b", at: 5 });
  });

  it("is all of that after a compaction too, but for operations beyond the retention", async () => {
    for (const id of ["a", "b", "c", "d", "e"]) await live(id);
    await reopen({ compactAboveBytes: 1 });
    await reopen();
    expect([...journal.operations.keys()]).toEqual(["c", "d", "e"]);
    expect(eventIds()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("while the disk is full", () => {
  const fill = () =>
    vi
      .spyOn(AppendLog.prototype, "append")
      .mockRejectedValue(Object.assign(new Error("no space left"), { code: "ENOSPC" }));

  it("an intent is refused, so that nothing is pressed that no start would know of", async () => {
    fill();
    await expect(journal.intent(operationOf("one"), step(0))).rejects.toThrowError("no space left");
    expect(heard).toEqual(["failing"]);
  });

  it("what happened waits, and is written in its order once there is room", async () => {
    const full = fill();
    const operation = operationOf("one");
    journal.admitted(operation);
    journal.started(operation);
    const stored = journal.outcome(operation, outcome, "powermgr.host.0.power.result", Buffer.from("x"));
    await expect.poll(() => heard).toEqual(["failing"]);
    full.mockRestore();
    await stored;
    journal.end(operation, "succeeded", 2);
    await journal.intent(operationOf("other"), step(0));
    await reopen();
    expect(heard).toEqual(["failing", "recovered"]);
    expect(journal.operations.get("one")).toMatchObject({ state: "succeeded", outcomes: [outcome] });
    expect(eventIds()).toEqual([1]);
  });
});

it("events that the stream has are dropped beyond the retention, others are kept longer", async () => {
  await reopen({ retainEvents: 2 });
  for (const id of ["a", "b", "c", "d"]) await live(id);
  expect(eventIds()).toEqual([1, 2, 3, 4]);
  journal.acknowledged(3);
  await live("e");
  await live("f");
  expect(eventIds()[0]).toBe(3);
});

describe("what monitors store", () => {
  const seen = () => {
    const first = journal.after(0);
    return [first?.subject, first && Buffer.from(first.data).toString(), journal.poweredOn.get(host)];
  };
  const powered = { component: host, ms: 61_000, isOn: true, boot: "boot", at: 7 };
  const all = ["powermgr.event.host.0.fault", "lost", powered];

  it("is there after a restart, also when the file was rewritten", async () => {
    await journal.event("powermgr.event.host.0.fault", Buffer.from("lost"));
    journal.powered({ ...powered, ms: 1_000 });
    journal.powered(powered);
    expect(seen()).toEqual(all);
    await reopen();
    expect(seen()).toEqual(all);
    await reopen({ compactAboveBytes: 1 });
    await reopen();
    expect(seen()).toEqual(all);
  });
});

it("an operation's event carries its id and trace context, also after a restart and once the operation is forgotten", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const traced = { ...operationOf("op-traced"), traceparent };
  journal.admitted(traced);
  journal.started(traced);
  await journal.outcome(traced, outcome, "powermgr.host.0.power.result", new Uint8Array([1]));
  const expected = { "Busbar-Operation-Id": "op-traced", traceparent };
  expect(journal.after(0)?.headers).toEqual(expected);
  journal.end(traced, "succeeded", 2);
  for (const id of ["a", "b", "c"]) journal.end(await live(id), "succeeded", 3);
  await reopen({ compactAboveBytes: 1 });
  await reopen();
  expect(journal.operations.has("op-traced")).toBe(false);
  expect(journal.after(0)?.headers).toEqual(expected);
});
