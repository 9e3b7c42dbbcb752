import { milliseconds } from "@busbar/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Alarm } from "./alarm.ts";

describe("the alarm", () => {
  const ring = vi.fn();
  const alarm = new Alarm(() => milliseconds(Date.now()), ring);

  beforeEach(() => {
    ring.mockReset();
    vi.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    alarm.stop();
    vi.useRealTimers();
  });

  it("rings at the last deadline that it was told, and once", () => {
    alarm.set(milliseconds(100));
    alarm.set(milliseconds(20.3));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(20);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1_000);
    expect(ring).toHaveBeenCalledOnce();
  });

  it("does not ring when there is nothing to wait for any more", () => {
    alarm.set(milliseconds(100));
    alarm.set(undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not ring early for what is further away than a timer can wait", () => {
    const month = 31 * 24 * 3_600_000;
    alarm.set(milliseconds(month));
    vi.advanceTimersByTime(1_000);
    expect(ring).not.toHaveBeenCalled();
  });
});
