import { milliseconds } from "@busbar/contracts";
import { beforeEach, describe, expect, it } from "vitest";
import { type ChassisEffect, ChassisPlant } from "./chassis.ts";

const ms = milliseconds;
const told = (effect: ChassisEffect): string => {
  switch (effect.type) {
    case "power":
      return `${effect.at} power ${effect.state} (${effect.cause})`;
    case "rails":
      return `${effect.at} rails ${effect.areUp ? "up" : "down"}`;
    case "good":
      return `${effect.at} ${effect.isGood ? "good" : "not good"}`;
  }
};

describe("a chassis", () => {
  let happened: string[];
  const make = (rise = 50, delay = 0): ChassisPlant => {
    const model = { rise: ms(rise), fall: ms(10), minimumOff: ms(0) };
    return new ChassisPlant(model, { powerGoodDelay: ms(delay) }, (effect) => happened.push(told(effect)));
  };

  beforeEach(() => {
    happened = [];
  });

  it("raises its rails some time after it is enabled and drops them at once", () => {
    const chassis = make();
    chassis.enable(true, ms(100));
    chassis.advance(ms(1_000));
    chassis.enable(false, ms(2_000));
    chassis.advance(ms(3_000));
    expect(happened).toEqual([
      "100 power on (enable)",
      "150 rails up",
      "150 good",
      "2000 power off (enable)",
      "2000 rails down",
      "2010 not good",
    ]);
  });

  it("acts in the same turn when it takes no time", () => {
    make(0).enable(true, ms(5));
    expect(happened).toEqual(["5 power on (enable)", "5 rails up", "5 good"]);
  });

  it("never shows good if it is disabled before the rails are up", () => {
    const chassis = make();
    chassis.enable(true, ms(0));
    chassis.enable(false, ms(20));
    chassis.advance(ms(1_000));
    expect(happened).toEqual(["0 power on (enable)", "20 power off (enable)"]);
  });

  it("goes off with the mains, and on again with them if it is still enabled", () => {
    const chassis = make();
    chassis.enable(true, ms(0));
    chassis.mains(false, ms(100));
    chassis.mains(true, ms(200));
    chassis.advance(ms(1_000));
    expect(happened.slice(3)).toEqual([
      "100 power off (ac)",
      "100 rails down",
      "110 not good",
      "200 power on (ac)",
      "250 rails up",
      "250 good",
    ]);
  });

  it("shows good late when power-good is slow, while its rails are up in time", () => {
    const chassis = make(50, 400);
    chassis.enable(true, ms(0));
    chassis.advance(ms(1_000));
    expect(happened.slice(1)).toEqual(["50 rails up", "450 good"]);
  });
});
