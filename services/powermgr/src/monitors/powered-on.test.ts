import { componentName } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { beforeEach, expect, it } from "vitest";
import { ToyJournal } from "../testing/toy-journal.ts";
import { PoweredOn } from "./powered-on.ts";

const host = componentName("host.0");

let clock: FakeClock;
let journal: ToyJournal;
let count: PoweredOn;

beforeEach(() => {
  clock = new FakeClock();
  journal = new ToyJournal();
  count = new PoweredOn({ journal, clock });
});

const first = (power: "on" | "off") => count.see({ component: host, power, previous: undefined });
const change = (power: "on" | "off" | "unknown") =>
  count.see({ component: host, power, previous: power === "on" ? "off" : "on" });

/** What a new process finds, after `ms` without one. */
function restart(ms: number): void {
  count.close();
  clock.advance(ms);
  count = new PoweredOn({ journal, clock });
}

it("time counts while the power is on, and a step of the wall clock changes nothing", () => {
  first("off");
  clock.advance(10_000);
  change("on");
  clock.advance(90_000);
  clock.stepWall(-3_600_000);
  expect(count.seconds(host)).toBe(90);
  change("off");
  clock.advance(30_000);
  expect(count.seconds(host)).toBe(90);
  change("on");
  clock.advance(500);
  expect(count.seconds(host)).toBe(90.5);
});

it("what can't be read isn't counted", () => {
  first("on");
  clock.advance(1_000);
  change("unknown");
  clock.advance(1_000);
  expect(count.seconds(host)).toBe(1);
});

it("it goes on over a restart of powermgr, with the time in between", () => {
  first("on");
  clock.advance(60_000);
  restart(5_000);
  expect(count.seconds(host)).toBe(60);
  first("on");
  clock.advance(1_000);
  expect(count.seconds(host)).toBe(66);
});

it("time without powermgr counts only if the power was on before and is after", () => {
  first("on");
  clock.advance(60_000);
  restart(5_000);
  first("off");
  change("on");
  clock.advance(1_000);
  change("off");
  expect(count.seconds(host)).toBe(61);
  restart(5_000);
  first("on");
  expect(count.seconds(host)).toBe(61);
});

it("a boot of the BMC takes nothing away and adds nothing", () => {
  first("on");
  clock.advance(60_000);
  count.close();
  clock = new FakeClock({ bootId: "boot-2" });
  count = new PoweredOn({ journal, clock });
  first("on");
  clock.advance(1_000);
  expect(count.seconds(host)).toBe(61);
});

it("a kill loses no more than the time since the last checkpoint", () => {
  first("on");
  clock.advance(12 * 60_000);
  const killed = new ToyJournal();
  for (const [component, record] of journal.poweredOn) killed.poweredOn.set(component, record);
  const next = new PoweredOn({ journal: killed, clock: new FakeClock({ bootId: "boot-2" }) });
  expect(next.seconds(host)).toBe(600);
  next.close();
});
