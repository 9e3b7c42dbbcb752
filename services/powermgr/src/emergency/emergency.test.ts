import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Power } from "@busbar/backend";
import { BusbarError, type ComponentName, componentName } from "@busbar/contracts";
import { createLog, FakeClock } from "@busbar/daemon";
import { DomainGraph } from "@busbar/platform";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Operation, PowerRequest } from "../operations/operation.ts";
import { Emergency, type EmergencyTrigger } from "./emergency.ts";
import { Latch, type LatchState } from "./latch.ts";

const chassis0 = componentName("chassis.0");
const chassis1 = componentName("chassis.1");
const host0 = componentName("host.0");
const host1 = componentName("host.1");
const host2 = componentName("host.2");
const all = [chassis0, host0, host1, chassis1, host2] as const;

let directory: string;
let latch: Latch;
let emergency: Emergency;
let power: Map<ComponentName, Power>;
let submitted: PowerRequest[];
let operations: Operation[];
let persisting: string[];
let told: (LatchState | undefined)[];
/** Names that the engine refuses. */
let broken: Set<ComponentName>;

const trigger = (over: Partial<EmergencyTrigger> = {}): EmergencyTrigger => ({
  source: "thermal",
  reason: "zone cpu at 110 °C",
  actor: "",
  components: [],
  ...over,
});

const cut = () => submitted.map(({ component }) => component);
const end = () => {
  for (const operation of operations) operation.state = "succeeded";
  for (const name of all) power.set(name, "off");
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "emergency-"));
  const log = createLog({ name: "test", level: "silent" });
  latch = await Latch.open({ directories: [directory], log, now: () => 7 });
  power = new Map(all.map((name) => [name, "on"]));
  submitted = [];
  operations = [];
  persisting = [];
  told = [];
  broken = new Set();
  emergency = new Emergency({
    domains: new Set(all),
    graph: new DomainGraph(
      new Map([
        [chassis0, []],
        [chassis1, []],
        [host0, [chassis0]],
        [host1, [chassis0]],
        [host2, [chassis1]],
      ]),
    ),
    power: (name) => power.get(name) ?? "unknown",
    latch,
    submit(request) {
      if (broken.has(request.component)) throw new BusbarError("HARDWARE_UNAVAILABLE", "no line");
      // What would be started meanwhile must find the latch set.
      expect(latch.state).toBeDefined();
      submitted.push(request);
      const operation = { ...request, state: "running" } as unknown as Operation;
      operations.push(operation);
      return operation;
    },
    operations: () => operations,
    timeout: () => 30_000,
    persisting: () => persisting,
    clock: new FakeClock(),
    log,
  });
  emergency.onChange = (state) => told.push(state);
});

afterEach(async () => {
  await latch.close();
  rmSync(directory, { recursive: true });
});

it("cuts every tree by its root, and latches with what was cut", () => {
  const state = emergency.off(trigger());
  expect(cut()).toEqual([chassis0, chassis1]);
  expect(submitted[0]).toMatchObject({ verb: "emergency-off", source: "emergency", actor: "thermal" });
  expect(submitted[0]?.id).toMatch(/^emergency-[0-9a-f-]{36}$/);
  expect(state.components).toEqual([chassis0, host0, host1, chassis1, host2]);
  expect(state.operations).toEqual(submitted.map(({ id }) => id));
  expect(told).toEqual([state]);
});

it("cuts only what is named, with what depends on it", () => {
  expect(emergency.off(trigger({ components: [host1, chassis1, host2] })).components).toEqual([host1, chassis1, host2]);
  expect(cut()).toEqual([host1, chassis1]);
});

it("is one emergency, however many alerts there are", () => {
  const first = emergency.off(trigger());
  for (let alert = 0; alert < 1_000; alert += 1) emergency.off(trigger({ reason: `alert ${alert}` }));
  expect(cut()).toEqual([chassis0, chassis1]);
  end();
  for (let alert = 0; alert < 1_000; alert += 1) emergency.off(trigger());
  expect(cut()).toEqual([chassis0, chassis1]);
  expect(told).toEqual([first]);
  expect(latch.state?.reason).toBe("zone cpu at 110 °C");
});

it("cuts again what came on, or can't be seen, while latched", () => {
  emergency.off(trigger());
  end();
  power.set(host2, "on");
  power.set(host0, "unknown");
  emergency.off(trigger({ source: "request", actor: "ops", reason: "again" }));
  expect(cut()).toEqual([chassis0, chassis1, chassis0, chassis1]);
});

it("acts the first time even where all seems off: a press of a moment ago may still switch on", () => {
  for (const name of all) power.set(name, "off");
  emergency.off(trigger());
  expect(cut()).toEqual([chassis0, chassis1]);
});

it("refuses a name that isn't there, and then cuts and latches nothing", () => {
  const wrong = trigger({ components: [host0, componentName("host.9")] });
  expect(() => emergency.off(wrong)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  expect([cut(), latch.state, told]).toEqual([[], undefined, []]);
});

it("cuts the other trees when one can't be", () => {
  broken.add(chassis0);
  emergency.off(trigger());
  expect(cut()).toEqual([chassis1]);
  expect(latch.state).toBeDefined();
});

describe("clearing", () => {
  it("is refused while a cause persists, and says which", async () => {
    emergency.off(trigger());
    persisting.push("zone cpu is critical (110 °C)");
    await expect(emergency.clear("ops", "fan replaced")).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: "the emergency persists: zone cpu is critical (110 °C)",
    });
    expect(latch.state).toBeDefined();
  });

  it("ends the latch, switches nothing on, and a new emergency is a new one", async () => {
    emergency.off(trigger());
    end();
    await emergency.clear("ops", "fan replaced");
    expect(latch.state).toBeUndefined();
    expect(told.at(-1)).toBeUndefined();
    const count = submitted.length;
    emergency.off(trigger({ reason: "anew" }));
    expect(submitted.length).toBe(count + 2);
    expect(latch.state?.reason).toBe("anew");
  });

  it("of nothing is no error and tells nobody", async () => {
    await emergency.clear("ops", "");
    expect(told).toEqual([]);
  });
});
