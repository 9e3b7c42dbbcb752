import { type ComponentName, componentName, milliseconds, type Verb } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { DomainGraph, type Policies, policyRows } from "@busbar/platform";
import { describe, expect, it } from "vitest";
import type { LatchState } from "../emergency/latch.ts";
import { Facts } from "../facts/facts.ts";
import type { SensorReading, ZoneReading } from "../facts/readings.ts";
import { dependency } from "./dependency.ts";
import { emergencyLatch } from "./emergency-latch.ts";
import { ambientConditions } from "./environment.ts";
import { health } from "./health.ts";
import { type InputPower, inputPower } from "./input-power.ts";
import type { Denial, Interlock } from "./interlock.ts";
import { type StandbyPower, standby } from "./standby.ts";
import { thermal } from "./thermal.ts";

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

type Changes = { readonly [Section in keyof Policies]?: Partial<Policies[Section]> };

function policiesWith(changes: Changes): Policies {
  const usual: Record<string, Record<string, unknown>> = {};
  for (const [path, row] of policyRows) {
    const [section = "", key = ""] = path.split(".");
    usual[section] = { ...usual[section], [key]: row.usual };
  }
  for (const [section, values] of Object.entries(changes)) usual[section] = { ...usual[section], ...values };
  return usual as unknown as Policies;
}

function setup(changes: Changes = {}) {
  const clock = new FakeClock();
  const policies = policiesWith(changes);
  const facts = new Facts(clock, () => policies.thermal.staleAfter);
  const zones = new Map<string, readonly ComponentName[]>([
    ["cpu-0", [host]],
    ["inlet", [chassis]],
    ["elsewhere", []],
  ]);
  const rule = { facts, zones, graph, policies: () => policies };
  /** Readings every 10 s, the last one now. */
  const course = (values: readonly number[], note: (value: number) => void) => {
    for (const [index, value] of values.entries()) {
      if (index > 0) clock.advance(10_000);
      note(value);
    }
  };
  return { clock, facts, rule, policies: () => policies, course };
}

const check = (interlock: Interlock, verb: Verb = "on", component = host): Denial | undefined =>
  interlock.check({ component, verb, footprint: new Set([component]) });

const zone = (temperature: number, more: Partial<ZoneReading> = {}): ZoneReading => ({
  name: "cpu-0",
  temperature,
  status: "normal",
  sensors: [],
  ...more,
});

const sensor = (more: Partial<SensorReading> = {}): SensorReading => ({
  id: "temp1",
  name: "CPU 0",
  measures: "temperature",
  status: "ok",
  value: 40,
  unit: "°C",
  critical: {},
  zone: "cpu-0",
  isAmbient: false,
  ...more,
});

const offs = ["off", "force-off", "emergency-off"] as const;

describe("thermal", () => {
  it.each([
    ["normal", undefined],
    ["warning", /cpu-0 is at 80.0 °C: warning/],
    ["critical", /cpu-0 is at 80.0 °C: critical/],
    ["error", /can't be controlled/],
  ] as const)("with a zone that is %s", (status, message) => {
    const { facts, rule } = setup();
    facts.noteZone(zone(80, { status }));
    const expected = message && { message: expect.stringMatching(message), remedy: expect.stringMatching(/cpu-0/) };
    expect(check(thermal(rule))).toEqual(expected);
    expect(check(thermal(rule), "cycle")).toEqual(expected);
    for (const verb of [...offs, "reset"] as const) expect(check(thermal(rule), verb)).toBeUndefined();
    expect(check(thermal(rule), "on", other)).toBeUndefined();
  });

  it("looks at what cools the chassis that a host heats", () => {
    const { facts, rule } = setup();
    facts.noteZone(zone(80, { name: "inlet", status: "critical" }));
    expect(check(thermal(rule), "on", other)?.message).toContain("inlet");
  });

  it("has nothing against a zone that cools nothing here", () => {
    const { facts, rule } = setup();
    facts.noteZone(zone(80, { name: "elsewhere", status: "critical" }));
    facts.noteZone(zone(80, { name: "unheard-of", status: "critical" }));
    expect(check(thermal(rule))).toBeUndefined();
  });

  it("refuses what was known and no longer is", () => {
    const { clock, facts, rule } = setup();
    facts.noteZone(zone(40));
    clock.advance(30_000);
    expect(check(thermal(rule))).toBeUndefined();
    clock.advance(1_000);
    expect(check(thermal(rule))).toEqual({
      message: "the temperature of zone cpu-0 is unknown: last heard 31 s ago",
      remedy: expect.stringMatching(/thermalmgr/),
    });
  });

  it("refuses what was never heard only where data are required", () => {
    expect(check(thermal(setup().rule))).toBeUndefined();
    const denial = check(thermal(setup({ thermal: { requireData: true } }).rule));
    expect(denial?.remedy).toContain("thermal.requireData");
  });

  it("refuses after an alert until the zone is read as normal", () => {
    const { clock, facts, rule } = setup();
    facts.noteZone(zone(60));
    facts.noteAlert("cpu-0", "critical", "fan 3 stands");
    expect(check(thermal(rule))?.message).toContain("fan 3 stands");
    clock.advance(1_000);
    facts.noteZone(zone(60));
    expect(check(thermal(rule))).toBeUndefined();
  });

  it("refuses where it heats up so that it will be critical within the horizon", () => {
    const { facts, rule, course } = setup();
    course([60, 64, 68, 72], (value) => facts.noteZone(zone(value)));
    // 24 °C/min: at 85 °C in half a minute.
    expect(check(thermal(rule))?.message).toMatch(/rises by 24\.0 °C\/min and would be critical \(85\.0 °C\)/);
  });

  it.each([
    ["that takes longer", [40, 44, 48, 52], {}],
    ["it rises slowly", [80, 80.5, 81, 81.5], {}],
    ["the limit is higher", [60, 64, 68, 72], { rise: 30 }],
    ["the horizon is nearer", [60, 64, 68, 72], { horizon: milliseconds(10_000) }],
    ["it falls", [84, 80, 76, 72], {}],
  ])("doesn't where %s", (_why, values, thermalPolicies) => {
    const { facts, rule, course } = setup({ thermal: thermalPolicies });
    course(values, (value) => facts.noteZone(zone(value)));
    expect(check(thermal(rule))).toBeUndefined();
  });

  it("can be switched off by policy", () => {
    const { facts, rule } = setup({ safety: { thermalCheck: false } });
    facts.noteZone(zone(99, { status: "critical" }));
    expect(check(thermal(rule))).toBeUndefined();
  });
});

describe("health", () => {
  it.each([
    ["ok", undefined],
    ["warning", undefined],
    ["absent", undefined],
    ["unknown", undefined],
    ["critical", "sensor CPU 0 is critical at 40 °C"],
    ["error", "sensor CPU 0 reports an error"],
  ] as const)("with a sensor that is %s", (status, message) => {
    const { facts, rule } = setup();
    facts.noteSensors([sensor({ status })]);
    expect(check(health(rule))?.message).toBe(message);
    expect(check(health(rule), "on", other)).toBeUndefined();
    for (const verb of [...offs, "reset"] as const) expect(check(health(rule), verb)).toBeUndefined();
  });

  it("refuses by a sensor that was heard and no longer is", () => {
    const { clock, facts, rule } = setup();
    facts.noteSensors([sensor()]);
    clock.advance(31_000);
    expect(check(health(rule))?.remedy).toContain("sensormon");
  });

  it.each([
    ["rising to its upper limit", [12, 12.2, 12.4, 12.6], { high: 13 }, /13 V/],
    ["falling to its lower limit", [12, 11.8, 11.6, 11.4], { low: 11 }, /11 V/],
    ["rising away from its lower limit", [11.2, 11.4, 11.6, 11.8], { low: 11 }, undefined],
    ["steady", [12, 12, 12, 12], { low: 11, high: 13 }, undefined],
  ])("with a voltage %s", (_how, values, critical, message) => {
    const { facts, rule, course } = setup();
    course(values, (value) => facts.noteSensors([sensor({ measures: "other", unit: "V", value, critical })]));
    expect(check(health(rule))).toEqual(
      message && { message: expect.stringMatching(message), remedy: expect.any(String) },
    );
  });

  it("lets temperatures rise slowly", () => {
    const { facts, rule, course } = setup();
    course([83, 83.5, 84, 84.5], (value) => facts.noteSensors([sensor({ value, critical: { high: 85 } })]));
    expect(check(health(rule))).toBeUndefined();
    course([70, 74, 78, 82], (value) => facts.noteSensors([sensor({ id: "b", value, critical: { high: 85 } })]));
    expect(check(health(rule))?.message).toContain("85 °C");
  });

  it("can be switched off by policy", () => {
    const { facts, rule } = setup({ safety: { healthCheck: false } });
    facts.noteSensors([sensor({ status: "critical" })]);
    expect(check(health(rule))).toBeUndefined();
  });
});

describe("environment", () => {
  const inlet = (value: number) => sensor({ id: "inlet", name: "Inlet", isAmbient: true, value });
  const moisture = (value: number) => sensor({ id: "rh", name: "Humidity", measures: "humidity", unit: "%", value });

  it.each([
    [inlet(25), undefined],
    [inlet(0), undefined],
    [inlet(45), undefined],
    [inlet(-1), /colder than 0\.0 °C/],
    [inlet(46), /warmer than 45\.0 °C/],
    [moisture(90), undefined],
    [moisture(91), /91 %/],
  ])("%#: %o", (reading, message) => {
    const { facts, policies } = setup();
    facts.noteSensors([reading]);
    const rule = ambientConditions(facts, policies);
    expect(check(rule)).toEqual(message && { message: expect.stringMatching(message), remedy: expect.any(String) });
    for (const verb of [...offs, "reset"] as const) expect(check(rule, verb)).toBeUndefined();
  });

  it("refuses when the air was known and no longer is, unless sensors don't count", () => {
    for (const healthCheck of [true, false]) {
      const { clock, facts, policies } = setup({ safety: { healthCheck } });
      facts.noteSensors([inlet(25)]);
      clock.advance(31_000);
      expect(check(ambientConditions(facts, policies)) !== undefined).toBe(healthCheck);
    }
  });
});

it.each<[InputPower["state"], RegExp | undefined]>([
  ["good", undefined],
  ["unknown", undefined],
  ["brownout", /psu\.0, which feeds host\.0, is too low/],
  ["lost", /psu\.0, which feeds host\.0, is lost/],
])("input power that is %s", (state, message) => {
  const rule = inputPower(() => ({ state, source: "psu.0" }));
  expect(check(rule)).toEqual(message && { message: expect.stringMatching(message), remedy: expect.any(String) });
  for (const verb of [...offs, "reset"] as const) expect(check(rule, verb)).toBeUndefined();
});

describe("dependency", () => {
  const rule = (state: { power?: "on" | "off" | "unknown"; missing?: string; fault?: string }) =>
    dependency({
      graph,
      power: (component) => (component === chassis ? (state.power ?? "off") : "off"),
      unavailable: (component) => (component === chassis ? state.missing : "of no interest"),
      fault: (component) => (component === chassis ? state.fault : undefined),
    });

  it.each([
    [{}, undefined],
    [{ missing: "no line enable" }, /chassis\.0, which host\.0 needs, can't be controlled: no line enable/],
    [{ missing: "no line enable", power: "unknown" }, /can't be controlled/],
    [{ missing: "no line enable", power: "on" }, undefined],
    [{ fault: "overcurrent", power: "on" }, /has a fault: overcurrent/],
  ] as const)("%o", (state, message) => {
    expect(check(rule(state))).toEqual(
      message && { message: expect.stringMatching(message), remedy: expect.any(String) },
    );
    for (const verb of [...offs, "reset"] as const) expect(check(rule(state), verb)).toBeUndefined();
  });
});

it.each<[StandbyPower, boolean]>([
  ["good", true],
  ["missing", false],
  ["unknown", false],
])("standby power that is %s", (state, isAllowed) => {
  const rule = standby(() => state);
  expect(check(rule) === undefined).toBe(isAllowed);
  for (const verb of offs) expect(check(rule, verb)).toBeUndefined();
});

it("the emergency latch refuses while it is set", () => {
  let state: LatchState | undefined;
  const rule = emergencyLatch(() => state);
  expect(check(rule)).toBeUndefined();
  state = { source: "thermal", reason: "smoke", actor: "", since: 0, components: [], operations: [] };
  for (const verb of ["on", "reset", "cycle"] as const) {
    expect(check(rule, verb)).toEqual({
      message: "power is latched off since 1970-01-01T00:00:00.000Z: smoke",
      remedy: expect.stringMatching(/powermgr\.system\.emergency\.clear/),
    });
  }
});
