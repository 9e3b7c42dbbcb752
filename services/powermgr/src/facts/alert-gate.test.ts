import { milliseconds } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { describe, expect, it } from "vitest";
import { AlertGate } from "./alert-gate.ts";
import type { ThermalAlert } from "./thermal-alert.ts";

function setup() {
  const clock = new FakeClock();
  const gate = new AlertGate(clock, () => milliseconds(30_000));
  const alert = (secondsAgo: number, more: Partial<ThermalAlert> = {}): ThermalAlert => ({
    severity: "emergency",
    zone: "cpu",
    at: clock.now() - secondsAgo * 1_000,
    message: "",
    ...more,
  });
  return { clock, gate, alert };
}

describe("an alert passes", () => {
  it.each([
    [0, "accepted"],
    [29, "accepted"],
    [31, "old"],
    [-29, "accepted"],
    [-31, "future"],
  ])("by its age: %i s old is %s", (age, passage) => {
    const { gate, alert } = setup();
    expect(gate.pass(alert(age))).toBe(passage);
  });

  it("once, however often it is delivered", () => {
    const { clock, gate, alert } = setup();
    const first = alert(0);
    expect(gate.pass(first)).toBe("accepted");
    expect(gate.pass({ ...first })).toBe("duplicate");
    clock.advance(29_000);
    expect(gate.pass(first)).toBe("duplicate");
    clock.advance(2_000);
    expect(gate.pass(first)).toBe("old");
  });

  it("once also when it came from the future", () => {
    const { clock, gate, alert } = setup();
    const early = alert(-25);
    expect(gate.pass(early)).toBe("accepted");
    for (let second = 0; second < 54; second += 1) {
      clock.advance(1_000);
      expect(gate.pass(early)).toBe("duplicate");
    }
    clock.advance(2_000);
    expect(gate.pass(early)).toBe("old");
  });

  it("once when the wall clock is set back", () => {
    const { clock, gate, alert } = setup();
    const first = alert(0);
    gate.pass(first);
    clock.stepWall(-20_000);
    clock.advance(10_000);
    expect(gate.pass(first)).toBe("duplicate");
  });

  it("when it is another one: later, of another sensor, or worse", () => {
    const { gate, alert } = setup();
    const passages = [
      alert(1),
      alert(0),
      alert(0, { sensor: "temp1" }),
      alert(0, { severity: "critical" }),
      alert(0, { zone: "psu" }),
    ].map((one) => gate.pass(one));
    expect(passages).toEqual(Array(5).fill("accepted"));
  });
});

it("a storm doesn't grow what is remembered beyond its bound, and a later emergency still passes", () => {
  const { gate, alert } = setup();
  for (let index = 0; index < 5_000; index += 1) gate.pass(alert(0, { severity: "warning", sensor: `s${index}` }));
  expect(gate.remembered).toBeLessThanOrEqual(1_024);
  expect(gate.pass(alert(0))).toBe("accepted");
});
