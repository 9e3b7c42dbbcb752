import { milliseconds } from "@busbar/contracts";
import { beforeEach, describe, expect, it } from "vitest";
import { type HostEffect, type HostFaults, type HostModel, HostPlant } from "./host.ts";

const ms = milliseconds;
const model: HostModel = {
  powerGoodRise: ms(300),
  powerGoodFall: ms(100),
  boot: ms(2_000),
  gracefulShutdown: ms(1_000),
  forceThreshold: ms(3_500),
  minimumOff: ms(5_000),
  minimumPulse: ms(16),
  minimumReset: ms(50),
  buttonDuringBoot: "ignored",
  ignoresButton: false,
};
const healthy: HostFaults = {
  powerGoodDelay: ms(0),
  isButtonDead: false,
  osIgnoresButton: false,
  isResetDead: false,
  bootHangs: false,
};

/** `300 good`, `2300 os up`, `6000 power off (hold)`: when, and what. */
const told = (effect: HostEffect): string => {
  switch (effect.type) {
    case "power":
      return `${effect.at} power ${effect.state} (${effect.cause})`;
    case "good":
      return `${effect.at} ${effect.isGood ? "good" : "not good"}`;
    case "os":
      return `${effect.at} os ${effect.state}`;
    case "reset":
      return `${effect.at} reset`;
  }
};

describe("a host", () => {
  let happened: string[];
  const make = (changes: Partial<HostModel> = {}, faults: Partial<HostFaults> = {}): HostPlant => {
    const host = new HostPlant({ ...model, ...changes }, { ...healthy, ...faults }, (effect) =>
      happened.push(told(effect)),
    );
    host.rail(true, ms(0));
    return host;
  };
  const press = (host: HostPlant, from: number, length = 200): void => {
    host.button(true, ms(from));
    host.button(false, ms(from + length));
  };
  const reset = (host: HostPlant, from: number, length = 100): void => {
    host.resetButton(true, ms(from));
    host.resetButton(false, ms(from + length));
  };
  /** Pressed at 0, up since 2316; what led there is forgotten. */
  const running = (changes: Partial<HostModel> = {}, faults: Partial<HostFaults> = {}): HostPlant => {
    const host = make(changes, faults);
    press(host, 0);
    host.advance(ms(5_000));
    happened = [];
    return host;
  };

  beforeEach(() => {
    happened = [];
  });

  it("switches on at a press, while it is pressed, and boots", () => {
    const host = make();
    host.button(true, ms(1_000));
    host.advance(ms(1_200));
    expect(happened).toEqual(["1016 power on (press)"]);
    host.button(false, ms(1_200));
    host.advance(ms(10_000));
    expect(happened.slice(1)).toEqual(["1316 good", "1316 os booting", "3316 os up"]);
    expect(host.state).toEqual({ power: "on", os: "up", boots: 1, resets: 0 });
    expect(host.deadline).toBeUndefined();
  });

  it("knows when it changes next, and nothing else moves it", () => {
    const host = make();
    host.button(true, ms(0));
    const deadlines = [];
    for (let at = host.deadline; at !== undefined; at = host.deadline) {
      deadlines.push(at);
      host.advance(at);
    }
    expect(deadlines).toEqual([16, 316, 2_316, 3_500, 3_600]);
  });

  it("acts in the same turn when it takes no time", () => {
    const none = {
      minimumPulse: ms(0),
      powerGoodRise: ms(0),
      boot: ms(0),
      gracefulShutdown: ms(0),
      powerGoodFall: ms(0),
    };
    const host = make(none);
    host.button(true, ms(7));
    expect(happened).toEqual(["7 power on (press)", "7 good", "7 os booting", "7 os up"]);
    host.button(false, ms(8));
    happened = [];
    host.button(true, ms(9));
    expect(happened).toEqual(["9 os shutting-down", "9 power off (shutdown)", "9 os down", "9 not good"]);
  });

  it("shuts down when pressed while the system runs", () => {
    const host = running();
    press(host, 10_000);
    host.advance(ms(20_000));
    expect(happened).toEqual([
      "10016 os shutting-down",
      "11016 power off (shutdown)",
      "11016 os down",
      "11116 not good",
    ]);
  });

  it("is forced off at the threshold of a hold, not at its end", () => {
    const host = running({ ignoresButton: true });
    host.button(true, ms(10_000));
    host.advance(ms(13_499.999));
    expect(happened).toEqual([]);
    host.advance(ms(13_500));
    expect(happened).toEqual(["13500 power off (hold)", "13500 os down"]);
    host.button(false, ms(14_000));
    host.advance(ms(20_000));
    expect(happened.slice(2)).toEqual(["13600 not good"]);
  });

  it("is forced off by a release that comes exactly at the threshold, and not by one before", () => {
    const host = running({ ignoresButton: true });
    press(host, 10_000, 3_499);
    host.advance(ms(20_000));
    expect(host.state.power).toBe("on");
    press(host, 20_000, 3_500);
    expect(host.state.power).toBe("off");
  });

  it("is forced off by the hold that goes on after its shutdown has begun", () => {
    const host = running({ gracefulShutdown: ms(60_000) });
    press(host, 10_000, 4_000);
    expect(happened).toEqual(["10016 os shutting-down", "13500 power off (hold)", "13500 os down", "13600 not good"]);
  });

  it("is switched on and forced off again by a hold while it is off", () => {
    const host = make();
    press(host, 0, 4_000);
    expect(happened.filter((each) => each.includes("power"))).toEqual(["16 power on (press)", "3500 power off (hold)"]);
    host.advance(ms(20_000));
    expect(host.state.power).toBe("off");
  });

  it("misses a press that is too short", () => {
    const host = make();
    press(host, 0, 15);
    host.advance(ms(20_000));
    expect(happened).toEqual([]);
  });

  it("loses a press that comes before the system runs, unless its firmware switches off then", () => {
    const host = make();
    press(host, 0);
    press(host, 1_000);
    host.advance(ms(20_000));
    expect(host.state.os).toBe("up");
    const old = make({ buttonDuringBoot: "power-off" });
    press(old, 0);
    press(old, 1_000);
    expect(old.state.power).toBe("off");
  });

  it("takes a second press during shutdown for nothing", () => {
    const host = running();
    press(host, 10_000);
    press(host, 10_500);
    host.advance(ms(20_000));
    expect(happened.filter((each) => each.includes("power"))).toEqual(["11016 power off (shutdown)"]);
  });

  it("resets warm: power-good stays, the system boots anew from the release", () => {
    const host = running();
    reset(host, 10_000);
    host.advance(ms(20_000));
    expect(happened).toEqual(["10050 reset", "10050 os in-reset", "10100 os booting", "12100 os up"]);
    expect(host.state).toMatchObject({ boots: 2, resets: 1 });
  });

  it("misses a reset that is too short, and one without power", () => {
    const host = running();
    reset(host, 10_000, 49);
    host.advance(ms(20_000));
    const off = make();
    reset(off, 0);
    off.advance(ms(20_000));
    expect(happened).toEqual([]);
  });

  it("stays in reset while the line is held, also through a power-on", () => {
    const host = make();
    host.resetButton(true, ms(0));
    press(host, 100);
    host.advance(ms(20_000));
    expect(host.state).toMatchObject({ power: "on", os: "in-reset", boots: 0, resets: 0 });
    host.resetButton(false, ms(20_000));
    host.advance(ms(30_000));
    expect(host.state.os).toBe("up");
  });

  it("goes off at once with its rail, and can't be switched on without", () => {
    const host = running();
    host.rail(false, ms(10_000));
    press(host, 10_500);
    host.advance(ms(20_000));
    expect(happened).toEqual(["10000 power off (rail)", "10000 os down", "10100 not good"]);
  });

  it("shows no power-good if it goes off before it rises", () => {
    const host = make();
    press(host, 0, 100);
    host.rail(false, ms(200));
    host.advance(ms(20_000));
    expect(happened).toEqual(["16 power on (press)", "200 power off (rail)"]);
  });

  it("takes power-good down before it starts again", () => {
    const host = running({ powerGoodFall: ms(5_000) });
    host.trip(ms(10_000));
    press(host, 10_100);
    host.advance(ms(20_000));
    expect(happened.filter((each) => !each.includes("os"))).toEqual([
      "10000 power off (trip)",
      "10116 power on (press)",
      "10116 not good",
      "10416 good",
    ]);
  });

  it("shuts down from within only when its system runs", () => {
    const host = running();
    host.osPoweroff(ms(10_000));
    host.advance(ms(20_000));
    expect(happened[1]).toBe("11000 power off (shutdown)");
    host.osPoweroff(ms(30_000));
    expect(host.deadline).toBeUndefined();
  });

  describe("with a fault", () => {
    it("of the button takes neither press nor hold", () => {
      const host = make({}, { isButtonDead: true });
      press(host, 0, 5_000);
      host.advance(ms(20_000));
      expect(happened).toEqual([]);
    });

    it("of the system ignores a press but not a hold", () => {
      const host = running({}, { osIgnoresButton: true });
      press(host, 10_000);
      host.advance(ms(15_000));
      expect(happened).toEqual([]);
      press(host, 20_000, 4_000);
      expect(host.state.power).toBe("off");
    });

    it("of the reset ignores a reset", () => {
      const host = running({}, { isResetDead: true });
      reset(host, 10_000);
      host.advance(ms(20_000));
      expect(happened).toEqual([]);
    });

    it("of the boot never gets to a system, and a reset tries again", () => {
      const host = running({}, { bootHangs: true });
      expect(host.state.os).toBe("hung");
      press(host, 10_000);
      reset(host, 11_000);
      host.advance(ms(20_000));
      expect(host.state).toMatchObject({ os: "hung", boots: 2, power: "on" });
    });

    it("of power-good shows it late, rising and falling", () => {
      const host = make({}, { powerGoodDelay: ms(1_000) });
      press(host, 0);
      host.advance(ms(5_000));
      host.trip(ms(6_000));
      host.advance(ms(20_000));
      expect(happened.filter((each) => each.includes("good"))).toEqual(["1316 good", "7100 not good"]);
    });
  });
});
