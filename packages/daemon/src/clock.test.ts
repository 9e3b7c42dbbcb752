import { milliseconds } from "@busbar/contracts";
import { describe, expect, test } from "vitest";
import { systemClock } from "./clock.ts";

describe("the system's clock", () => {
  const clock = systemClock();

  test("tells wall time, monotonic time and time since boot", () => {
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
    const [before, after] = [clock.monotonic(), clock.monotonic()];
    expect(after).toBeGreaterThanOrEqual(before);
    expect(clock.boottime()).toBeGreaterThan(0);
  });

  test("names the boot, the same for every process", () => {
    expect(clock.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(systemClock().bootId).toBe(clock.bootId);
  });

  test("sleeps no shorter than asked", async () => {
    const start = clock.monotonic();
    await clock.sleep(milliseconds(20));
    // Node's timers count whole milliseconds.
    expect(clock.monotonic() - start).toBeGreaterThanOrEqual(19);
  });

  test("ends a sleep by its signal, with the signal's reason", async () => {
    const abort = new AbortController();
    const sleep = clock.sleep(milliseconds(60_000), abort.signal);
    abort.abort(new Error("enough"));
    await expect(sleep).rejects.toThrow("enough");
    await expect(clock.sleep(milliseconds(60_000), abort.signal)).rejects.toThrow("enough");
  });

  test("cancels a timer", async () => {
    let fired = false;
    const cancel = clock.timer(milliseconds(1), () => {
      fired = true;
    });
    cancel();
    await clock.sleep(milliseconds(10));
    expect(fired).toBe(false);
  });

  test("doesn't fire a timer of a month at once, as Node does", async () => {
    let fired = false;
    const cancel = clock.timer(milliseconds(31 * 86_400_000), () => {
      fired = true;
    });
    await clock.sleep(milliseconds(10));
    cancel();
    expect(fired).toBe(false);
  });
});
