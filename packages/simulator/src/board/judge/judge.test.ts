import { milliseconds } from "@busbar/contracts";
import type { Hazard, HazardCode } from "@busbar/hardware";
import { describe, expect, it } from "vitest";
import { hazardCases } from "../testing/hazard-cases.ts";
import {
  bmc0,
  chassis0,
  type Events,
  edge,
  enable,
  flat,
  inOrder,
  intent,
  latch,
  power,
  press,
  pulse,
  reset,
  running,
} from "../testing/journal-script.ts";
import { shippedBoard } from "../testing/virtual-board.ts";
import { Judge, judge } from "./judge.ts";

const ms = milliseconds;

const final = (...events: readonly Events[]): readonly Hazard[] => {
  const journal = inOrder(events);
  const end = ms((journal.at(-1)?.at ?? 0) + 1);
  return judge(shippedBoard, journal, end, true).hazards;
};
const codes = (hazards: readonly Hazard[]): HazardCode[] => hazards.map(({ code }) => code);

describe("the hazard judge", () => {
  it.each(hazardCases)("sees $what, once", ({ code, line, when, events }) => {
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
    expect(new Set(hazardCases.map(({ code }) => code))).toEqual(new Set(Object.keys(all)));
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
