import { milliseconds } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";

describe("a fake clock", () => {
  test("goes only when told to", () => {
    const clock = new FakeClock({ wall: 1_000 });
    expect([clock.now(), clock.monotonic(), clock.boottime()]).toEqual([1_000, 0, 0]);
    clock.advance(250);
    expect([clock.now(), clock.monotonic(), clock.boottime()]).toEqual([1_250, 250, 250]);
  });

  test("fires timers in the order in which they fall due, each at its time", () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name} at ${clock.monotonic()}`);
    clock.timer(milliseconds(30), note("b"));
    clock.timer(milliseconds(10), () => {
      note("a")();
      clock.timer(milliseconds(5), note("inner"));
    });
    clock.timer(milliseconds(40), note("c"));
    clock.timer(milliseconds(100), note("later"));
    clock.advance(50);
    expect(fired).toEqual(["a at 10", "inner at 15", "b at 30", "c at 40"]);
    expect(clock.pending).toBe(1);
  });

  test("lets what slept go on before the next timer falls due", async () => {
    const clock = new FakeClock();
    const seen: number[] = [];
    const work = (async () => {
      for (let n = 0; n < 3; n += 1) {
        await clock.sleep(milliseconds(10));
        seen.push(clock.monotonic());
      }
    })();
    await clock.elapse(35);
    await work;
    expect(seen).toEqual([10, 20, 30]);
  });

  test("ends a sleep by its signal and keeps no timer of it", async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const sleep = clock.sleep(milliseconds(10), abort.signal);
    abort.abort(new Error("enough"));
    await expect(sleep).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
  });

  test("steps its wall clock alone", () => {
    const clock = new FakeClock({ wall: 1_000 });
    clock.stepWall(-500);
    expect([clock.now(), clock.monotonic(), clock.boottime()]).toEqual([500, 0, 0]);
  });

  test("stands still on the monotonic clock alone while the machine sleeps", () => {
    const clock = new FakeClock({ wall: 0 });
    clock.suspend(1_000);
    expect([clock.now(), clock.monotonic(), clock.boottime()]).toEqual([1_000, 0, 1_000]);
  });

  test("forgets its timers on another boot", () => {
    const clock = new FakeClock();
    clock.timer(milliseconds(10), () => expect.unreachable());
    clock.reboot("boot-2");
    clock.advance(100);
    expect(clock.bootId).toBe("boot-2");
  });
});
