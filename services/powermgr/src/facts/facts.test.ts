import { milliseconds } from "@busbar/contracts";
import { FakeClock } from "@busbar/daemon";
import { describe, expect, it } from "vitest";
import { environment } from "./environment.ts";
import { Facts } from "./facts.ts";
import type { SensorReading, ZoneReading } from "./readings.ts";

const zone = (temperature: number, more: Partial<ZoneReading> = {}): ZoneReading => ({
  name: "cpu",
  temperature,
  status: "normal",
  sensors: [],
  ...more,
});

const sensor = (id: string, more: Partial<SensorReading> = {}): SensorReading => ({
  id,
  name: id,
  measures: "temperature",
  status: "ok",
  value: 40,
  unit: "°C",
  critical: {},
  isAmbient: false,
  ...more,
});

function setup() {
  const clock = new FakeClock();
  return { clock, facts: new Facts(clock, () => milliseconds(30_000)) };
}

describe("a reading", () => {
  it("is known, then stale, and never-heard before it came", () => {
    const { clock, facts } = setup();
    expect(facts.zone("cpu")).toEqual({ is: "never-heard" });
    facts.noteZone(zone(40));
    clock.advance(30_000);
    expect(facts.zone("cpu")).toEqual({ is: "known", value: zone(40), age: 30_000 });
    clock.advance(10);
    expect(facts.zone("cpu")).toEqual({ is: "stale", value: zone(40), age: 30_010 });
  });

  it("has an age that no step of the wall clock changes", () => {
    const { clock, facts } = setup();
    facts.noteZone(zone(40));
    clock.stepWall(3_600_000);
    expect(facts.zone("cpu").is).toBe("known");
    clock.stepWall(-7_200_000);
    clock.advance(31_000);
    expect(facts.zone("cpu").is).toBe("stale");
  });

  it("grows old while the machine sleeps", () => {
    const { clock, facts } = setup();
    facts.noteZone(zone(40));
    clock.suspend(31_000);
    expect(facts.zone("cpu").is).toBe("stale");
  });

  it("is as old as the service says, however often it is told", () => {
    const { clock, facts } = setup();
    const measuredAt = clock.now();
    for (let index = 0; index < 4; index += 1) {
      facts.noteZone(zone(40, { measuredAt }));
      clock.advance(10_000);
    }
    expect(facts.zone("cpu").is).toBe("stale");
    facts.noteZone(zone(40, { measuredAt: clock.now() + 60_000 }));
    expect(facts.zone("cpu")).toMatchObject({ is: "known", age: 0 });
  });

  it("is not made young again by a wall clock that is set back", () => {
    const { clock, facts } = setup();
    const measuredAt = clock.now();
    facts.noteZone(zone(40, { measuredAt }));
    clock.advance(31_000);
    clock.stepWall(-3_600_000);
    facts.noteZone(zone(40, { measuredAt }));
    expect(facts.zone("cpu").is).toBe("stale");
  });

  it("that is told again and again is one point of its course", () => {
    const { clock, facts } = setup();
    for (const temperature of [40, 60]) {
      const measuredAt = clock.now();
      for (let index = 0; index < 6; index += 1) {
        facts.noteZone(zone(temperature, { measuredAt }));
        clock.advance(10_000);
        clock.stepWall(-3); // the two clocks are not read at the same time
      }
    }
    expect(facts.zoneTrend("cpu")?.size).toBe(2);
  });

  it("does not replace a newer one", () => {
    const { clock, facts } = setup();
    facts.noteZone(zone(50));
    facts.noteZone(zone(40, { measuredAt: clock.now() - 5_000 }));
    expect(facts.zone("cpu")).toMatchObject({ value: { temperature: 50 } });
  });
});

describe("an alert", () => {
  it("counts until the zone is read again, the worst of them first", () => {
    const { clock, facts } = setup();
    facts.noteZone(zone(80));
    facts.noteAlert("cpu", "critical", "hot");
    facts.noteAlert("cpu", "warning", "warm");
    expect(facts.alert("cpu")).toMatchObject({ is: "known", value: { severity: "critical" } });
    clock.advance(10_000);
    facts.noteZone(zone(70));
    expect(facts.alert("cpu")).toEqual({ is: "never-heard" });
  });

  it("is not over by a reading that is older than it", () => {
    const { clock, facts } = setup();
    facts.noteAlert("cpu", "critical", "hot");
    facts.noteZone(zone(70, { measuredAt: clock.now() - 1_000 }));
    expect(facts.alert("cpu").is).toBe("known");
  });
});

describe("sensors", () => {
  it("belong to the zone they name, or that names them", () => {
    const { facts } = setup();
    facts.noteZone(zone(40, { sensors: ["b"] }));
    facts.noteSensors([sensor("a", { zone: "cpu" }), sensor("1", { name: "b" }), sensor("c")]);
    expect(facts.sensorsOf("cpu").map((fact) => fact.is === "known" && fact.value.id)).toEqual(["a", "1"]);
    expect(["a", "b", "c", "d"].map((one) => facts.zoneOf(one))).toEqual(["cpu", "cpu", undefined, undefined]);
  });

  it("that are not listed any more are gone", () => {
    const { facts } = setup();
    facts.noteSensors([sensor("a"), sensor("b")]);
    facts.noteSensors([sensor("b")]);
    expect(facts.sensor("a")).toEqual({ is: "never-heard" });
    expect(facts.sensorTrend("a")).toBeUndefined();
  });

  it("say when their zone is critical, unless it says so itself", () => {
    const { facts } = setup();
    expect(facts.criticalOf("cpu")).toBe(85);
    facts.noteSensors([
      sensor("a", { zone: "cpu", critical: { high: 95 } }),
      sensor("b", { zone: "cpu", critical: { high: 90 } }),
      sensor("fan", { zone: "cpu", measures: "other", critical: { high: 20 } }),
    ]);
    expect(facts.criticalOf("cpu")).toBe(90);
    facts.noteZone(zone(40, { critical: 70 }));
    expect(facts.criticalOf("cpu")).toBe(70);
  });

  it("show the environment", () => {
    const { facts } = setup();
    facts.noteSensors([
      sensor("inlet", { isAmbient: true, value: 25 }),
      { id: "dead-inlet", name: "", measures: "temperature", status: "ok", unit: "", critical: {}, isAmbient: true },
      sensor("rh", { measures: "humidity", value: 60 }),
      sensor("cpu"),
    ]);
    const { ambient, humidity } = environment(facts);
    expect(ambient).toMatchObject([{ is: "known", value: { id: "inlet" } }]);
    expect(humidity).toMatchObject([{ is: "known", value: { id: "rh" } }]);
  });
});

it("invented names don't grow the memory beyond a bound", () => {
  const { facts } = setup();
  for (let index = 0; index < 3_000; index += 1) facts.noteZone(zone(40, { name: `z${index}` }));
  facts.noteSensors(Array.from({ length: 3_000 }, (_, index) => sensor(`s${index}`)));
  expect(facts.sensors()).toHaveLength(1_024);
  expect(facts.zone("z1500")).toEqual({ is: "never-heard" });
});

it("the input of a power supply is kept by its name", () => {
  const { facts } = setup();
  expect(facts.input("psu.0")).toEqual({ is: "never-heard" });
  facts.noteInput("psu.0", { state: "brownout", volts: 170 });
  expect(facts.input("psu.0")).toMatchObject({ is: "known", value: { state: "brownout", volts: 170 } });
});
