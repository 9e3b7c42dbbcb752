import { expect, test } from "vitest";
import { nearMiss } from "./near-miss.ts";

const known = ["--log-level", "--nats-url", "--data-dir", "--queue-limit"];

test.each([
  ["--loglevel", "--log-level"],
  ["--log-levle", "--log-level"],
  ["--NATS-URL", "--nats-url"],
  ["--queue-limits", "--queue-limit"],
])("%s was meant to be %s", (word, meant) => {
  expect(nearMiss(word, known)).toBe(meant);
});

test.each(["--verbose", "x", ""])("%j is near nothing", (word) => {
  expect(nearMiss(word, known)).toBeUndefined();
});
