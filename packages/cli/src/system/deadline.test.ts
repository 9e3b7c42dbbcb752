import { getEventListeners } from "node:events";
import { milliseconds } from "@busbar/contracts";
import { expect, test } from "vitest";
import { deadline } from "./deadline.ts";

const long = milliseconds(60_000);

test("aborts when its time is over", async () => {
  const { signal } = deadline(milliseconds(1));
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
});

test("aborts with another signal, also one that was aborted before", () => {
  const other = new AbortController();
  const patience = deadline(long, other.signal);
  other.abort();
  expect(patience.signal.aborted).toBe(true);
  const late = deadline(long, other.signal);
  expect(late.signal.aborted).toBe(true);
  for (const each of [patience, late]) each.release();
});

test("leaves neither timer nor listener behind once released", () => {
  const other = new AbortController();
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const patience = deadline(long, other.signal);
  patience.release();
  expect(timers()).toBe(before);
  expect(getEventListeners(other.signal, "abort")).toEqual([]);
});
