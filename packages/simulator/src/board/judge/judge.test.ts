import { type ComponentName, componentName, type Milliseconds, milliseconds } from "@busbar/contracts";
import type { Effect, Hazard, HazardCode, JournalEvent, PowerCause, PowerState } from "@busbar/hardware";
import { describe, expect, it } from "vitest";
import { shippedBoard } from "../testing/virtual-board.ts";
import { Judge, judge } from "./judge.ts";

const ms = milliseconds;
const host0 = componentName("host.0");
const chassis0 = componentName("chassis.0");
const bmc0 = componentName("bmc.0");

const edge = (at: number, line: string, asserted: boolean, by = "powermgr"): JournalEvent => {
  const activeLow = line !== "chassis-enable";
  return { type: "edge", at: ms(at), line, wire: asserted === activeLow ? "low" : "high", asserted, by };
};
const pulse = (line: string, from: number, length: number, by?: string): JournalEvent[] => [
  edge(from, line, true, by),
  edge(from + length, line, false, by),
];
const press = (from: number, length = 200, by?: string): JournalEvent[] => pulse("power-button-0", from, length, by);
const reset = (from: number, length = 100): JournalEvent[] => pulse("reset-button-0", from, length);
const enable = (at: number, on: boolean, by?: string): JournalEvent => edge(at, "chassis-enable", on, by);
const power = (at: number, state: PowerState, cause: PowerCause, component: ComponentName = host0): JournalEvent => ({
  type: "power",
  at: ms(at),
  component,
  state,
  cause,
});
const intent = (at: number, operation: string, effect: Effect, component: ComponentName = host0): JournalEvent => ({
  type: "intent",
  at: ms(at),
  operation,
  component,
  effect,
});
const over = (at: number, operation: string): JournalEvent => ({ type: "intent-over", at: ms(at), operation });
const latch = (at: number, on: boolean): JournalEvent => ({ type: "latch", at: ms(at), on });

type Events = JournalEvent | readonly Events[];
const flat = (events: Events): JournalEvent[] => ("type" in events ? [events] : events.flatMap(flat));

/** In the journal's order: by time, ties as written. */
const inOrder = (events: readonly Events[]): JournalEvent[] => flat(events).toSorted((a, b) => a.at - b.at);

const final = (...events: readonly Events[]): readonly Hazard[] => {
  const journal = inOrder(events);
  const end: Milliseconds = ms((journal.at(-1)?.at ?? 0) + 1);
  return judge(shippedBoard, journal, end, true).hazards;
};
const codes = (hazards: readonly Hazard[]): HazardCode[] => hazards.map(({ code }) => code);

/** A host that somebody switched on at the panel, long ago. */
const running = [press(0, 200, "panel"), power(16, "on", "press")];
/** And one that went off again. */
const off = [...running, power(100, "off", "trip")];

interface Case {
  readonly what: string;
  readonly code: HazardCode;
  readonly line: string;
  readonly when: number;
  readonly events: readonly Events[];
}

const cases: readonly Case[] = [
  {
    what: "a press on a running host while only an on is accepted",
    code: "opposite-press",
    line: "power-button-0",
    when: 10_000,
    events: [running, intent(9_000, "a", "on"), press(10_000)],
  },
  {
    what: "a press on an off host while only an off is accepted",
    code: "opposite-press",
    line: "power-button-0",
    when: 10_000,
    events: [off, intent(9_000, "a", "off"), press(10_000), power(10_016, "on", "press")],
  },
  {
    what: "a short press on an off host while a force off is accepted",
    code: "opposite-press",
    line: "power-button-0",
    when: 10_000,
    events: [off, press(10_000), intent(11_000, "a", "force-off")],
  },
  {
    what: "a press that nobody asked for",
    code: "unrequested-press",
    line: "power-button-0",
    when: 10_000,
    events: [press(10_000)],
  },
  {
    what: "a press for an operation that has been over for long",
    code: "unrequested-press",
    line: "power-button-0",
    when: 10_000,
    events: [intent(1_000, "a", "on"), over(2_000, "a"), press(10_000)],
  },
  {
    what: "a press for an on that an off has overtaken long ago",
    code: "opposite-press",
    line: "power-button-0",
    when: 10_000,
    events: [intent(1_000, "a", "on"), intent(2_000, "b", "off"), press(10_000)],
  },
  {
    what: "a second press on an off host for one on",
    code: "repeated-toggle",
    line: "power-button-0",
    when: 11_000,
    events: [intent(9_000, "a", "on"), press(10_000, 10), press(11_000)],
  },
  {
    what: "a second press for one on, by which the host would go off again",
    code: "repeated-toggle",
    line: "power-button-0",
    when: 11_000,
    events: [intent(9_000, "a", "on"), press(10_000), power(10_016, "on", "press"), press(11_000)],
  },
  {
    what: "a second reset for one reset",
    code: "repeated-toggle",
    line: "reset-button-0",
    when: 11_000,
    events: [running, intent(9_000, "a", "reset"), reset(10_000), reset(11_000)],
  },
  {
    what: "a second press, though an earlier request that found nothing to do could still explain it",
    code: "repeated-toggle",
    line: "power-button-0",
    when: 20_000,
    events: [intent(0, "a", "on"), over(1_000, "a"), intent(3_000, "b", "on"), press(4_000, 10), press(20_000)],
  },
  {
    what: "a hold long after the one that was asked for",
    code: "unrequested-hold",
    line: "power-button-0",
    when: 100_000,
    events: [
      running,
      intent(9_000, "a", "force-off"),
      press(10_000, 4_000),
      power(13_500, "off", "hold"),
      press(30_000, 200, "panel"),
      power(30_016, "on", "press"),
      press(100_000, 4_000),
    ],
  },
  {
    what: "a hold of a running host while only a graceful off is accepted",
    code: "unrequested-hold",
    line: "power-button-0",
    when: 10_000,
    events: [running, intent(9_000, "a", "off"), press(10_000, 4_000), power(13_500, "off", "hold")],
  },
  {
    what: "a hold of a host that was off",
    code: "hold-powers-on",
    line: "power-button-0",
    when: 10_000,
    events: [
      off,
      intent(9_000, "a", "force-off"),
      press(10_000, 4_000),
      power(10_016, "on", "press"),
      power(13_500, "off", "hold"),
    ],
  },
  {
    what: "a rail dropped under a running host, though the chassis was to go off",
    code: "rail-dropped",
    line: "chassis-enable",
    when: 10_000,
    events: [running, intent(9_000, "a", "off", chassis0), enable(10_000, false), power(10_000, "off", "rail")],
  },
  {
    what: "a rail switched on without a request",
    code: "unrequested-switch",
    line: "chassis-enable",
    when: 10_000,
    events: [enable(10_000, true)],
  },
  {
    what: "a rail switched off without a request",
    code: "unrequested-switch",
    line: "chassis-enable",
    when: 100_000,
    events: [intent(9_000, "a", "on", chassis0), enable(10_000, true), enable(100_000, false)],
  },
  {
    what: "a power-on too soon after off",
    code: "off-time",
    line: "power-button-0",
    when: 5_000,
    events: [off, intent(4_000, "a", "on"), press(5_000), power(5_016, "on", "press")],
  },
  {
    what: "a host switched on under the emergency latch",
    code: "power-on-under-latch",
    line: "power-button-0",
    when: 10_000,
    events: [latch(8_000, true), intent(9_000, "a", "on"), press(10_000)],
  },
  {
    what: "a rail switched on under the emergency latch",
    code: "power-on-under-latch",
    line: "chassis-enable",
    when: 10_000,
    events: [latch(8_000, true), intent(9_000, "a", "on", chassis0), enable(10_000, true), latch(16_000, false)],
  },
  {
    what: "a reset line asserted past its limit",
    code: "asserted-too-long",
    line: "reset-button-0",
    when: 10_000,
    events: [running, intent(9_000, "a", "reset"), edge(10_000, "reset-button-0", true), latch(11_001, false)],
  },
  {
    what: "a hold past the limit of its line, even for a force off",
    code: "asserted-too-long",
    line: "power-button-0",
    when: 10_000,
    events: [running, intent(9_000, "a", "force-off"), press(10_000, 6_001), power(13_500, "off", "hold")],
  },
  {
    what: "a reset of a host that nobody asked for",
    code: "unrequested-reset",
    line: "reset-button-0",
    when: 10_000,
    events: [running, intent(9_000, "a", "off"), reset(10_000)],
  },
  {
    what: "a reset of the controller that nobody asked for",
    code: "unrequested-reset",
    line: "bmc-reset-0",
    when: 10_000,
    events: [intent(9_000, "a", "reset"), pulse("bmc-reset-0", 10_000, 100)],
  },
];

describe("the hazard judge", () => {
  it.each(cases)("sees $what, once", ({ code, line, when, events }) => {
    expect(final(...events)).toEqual([expect.objectContaining({ code, line, when })]);
  });

  it("has a case for each hazard", () => {
    const all: Record<HazardCode, true> = {
      "opposite-press": true,
      "unrequested-press": true,
      "repeated-toggle": true,
      "unrequested-hold": true,
      "hold-powers-on": true,
      "rail-dropped": true,
      "unrequested-switch": true,
      "off-time": true,
      "power-on-under-latch": true,
      "asserted-too-long": true,
      "unrequested-reset": true,
    };
    expect(new Set(cases.map(({ code }) => code))).toEqual(new Set(Object.keys(all)));
  });

  it("says who did what to which component, and what had been accepted", () => {
    const [found] = final(running, intent(9_000, "op-7", "on"), press(10_000));
    expect(found).toMatchObject({ component: "host.0" });
    expect(found?.text).toBe("powermgr pressed power-button-0 while host.0 was on; accepted was on (operation op-7)");
  });

  const life = [
    intent(1_000, "a", "on", chassis0),
    enable(1_010, true),
    power(1_010, "on", "enable", chassis0),
    intent(2_000, "b", "on"),
    press(2_010),
    power(2_026, "on", "press"),
    intent(10_000, "c", "reset"),
    reset(10_010),
    intent(20_000, "d", "off"),
    press(20_010),
    power(21_026, "off", "shutdown"),
    intent(30_000, "e", "on"),
    press(30_010),
    power(30_026, "on", "press"),
    intent(40_000, "f", "force-off"),
    press(40_010, 4_000),
    power(43_510, "off", "hold"),
    intent(90_000, "g", "off", chassis0),
    enable(90_010, false),
    power(90_010, "off", "enable", chassis0),
    intent(95_000, "h", "reset", bmc0),
    pulse("bmc-reset-0", 95_010, 100),
  ];

  it("finds nothing in a whole legal life", () => {
    expect(final(...life)).toEqual([]);
  });

  it("finds nothing in it either when all news comes at its end", () => {
    const news = flat(life).filter(({ type }) => type === "intent");
    const acts = flat(life).filter(({ type }) => type !== "intent");
    expect(final(...acts, ...news.map((each, index) => ({ ...each, at: ms(100_000 + index) })))).toEqual([]);
  });

  it("finds one hazard for every single request that is taken out of it", () => {
    const events = inOrder(life);
    for (const missing of events.filter(({ type }) => type === "intent")) {
      const hazards = final(...events.filter((each) => each !== missing));
      expect(codes(hazards), `without ${JSON.stringify(missing)}`).toHaveLength(1);
    }
  });

  it.each<[string, readonly Events[]]>([
    ["humans at the panel", [press(1_000, 5_000, "panel"), pulse("reset-button-0", 9_000, 5_000, "panel")]],
    ["the hardware itself", [running, enable(1_000, false, "plant"), power(1_000, "off", "rail")]],
    [
      "a rail that is switched on again after a rollback",
      [intent(0, "a", "on", chassis0), enable(10, true), enable(3_000, false), enable(8_000, true)],
    ],
    ["a cut of the rails in an emergency", [running, intent(9_000, "a", "cut", chassis0), enable(10_000, false)]],
    [
      "a rail that an operation takes back at once",
      [intent(0, "a", "on", chassis0), enable(10, true), enable(3_000, false)],
    ],
    ["a force off that ended early", [running, intent(0, "a", "force-off"), press(10_000, 900), press(12_000, 4_000)]],
    [
      "a graceful off that was escalated",
      [running, intent(9_000, "a", "off"), press(10_000), intent(40_000, "a", "force-off"), press(40_010, 4_000)],
    ],
    [
      "a cycle that has to wait before it begins",
      [running, intent(9_000, "a", "off"), intent(9_000, "a", "on"), press(30_000)],
    ],
    [
      "a cycle in one operation",
      [
        running,
        intent(9_000, "a", "off"),
        intent(9_000, "a", "on"),
        press(10_000),
        power(11_000, "off", "shutdown"),
        press(17_000),
        power(17_016, "on", "press"),
      ],
    ],
    [
      "an on that was under way when an off overtook it",
      [intent(9_000, "a", "on"), intent(9_990, "b", "off"), press(10_000)],
    ],
    [
      "a power-on right after the latch was cleared, the news being late",
      [latch(0, true), intent(9_990, "a", "on"), press(10_000), latch(10_500, false)],
    ],
    [
      "a press that was under way when the latch was set",
      [intent(9_990, "a", "on"), press(10_000), latch(10_001, true)],
    ],
    ["a hold exactly as long as its limit", [running, intent(9_000, "a", "force-off"), press(10_000, 6_000)]],
    [
      "a request that found nothing to do",
      [running, intent(9_000, "a", "on"), intent(20_000, "b", "off"), press(20_010)],
    ],
  ])("has nothing against %s", (_, events) => {
    expect(final(...events)).toEqual([]);
  });

  it("waits for news of a request before it calls an act a hazard", () => {
    const it = new Judge(shippedBoard);
    for (const event of press(1_000)) it.see(event);
    expect(it.verdict(ms(2_000), false)).toMatchObject({ hazards: [], pending: [{ code: "unrequested-press" }] });
    it.see(intent(4_000, "a", "on"));
    expect(it.verdict(ms(5_000), true)).toEqual({ hazards: [], pending: [] });
    for (const event of press(6_000)) it.see(event);
    expect(codes(it.verdict(ms(7_000), true).hazards)).toEqual(["repeated-toggle"]);
    it.see(intent(8_000, "b", "on"));
    expect(codes(it.verdict(ms(9_000), true).hazards)).toEqual(["repeated-toggle"]);
  });

  it("finds a line asserted for too long while it still is, without another entry, and tells it once", () => {
    const told: [HazardCode, number][] = [];
    const it = new Judge(shippedBoard, ({ code }, at) => told.push([code, at]));
    it.see(intent(0, "a", "reset"));
    it.see(edge(10, "reset-button-0", true));
    expect(it.verdict(ms(1_010), false).hazards).toEqual([]);
    expect(it.deadline).toBeCloseTo(1_010, 2);
    it.advance(ms(1_011));
    it.see(edge(9_000, "reset-button-0", false));
    expect(told).toEqual([["asserted-too-long", expect.closeTo(1_010, 2)]]);
  });

  it("charges a hold once it passes the threshold, not as a press before", () => {
    const it = new Judge(shippedBoard);
    for (const event of inOrder(running)) it.see(event);
    it.see(intent(9_000, "a", "off"));
    it.see(edge(10_000, "power-button-0", true));
    expect(it.verdict(ms(13_499), false).pending).toEqual([]);
    expect(codes(it.verdict(ms(13_500), false).pending)).toEqual(["unrequested-hold"]);
    it.see(intent(14_000, "a", "force-off"));
    expect(it.verdict(ms(14_001), true).hazards).toEqual([]);
  });
});
