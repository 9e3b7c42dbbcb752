import { expect, test } from "vitest";
import { createLog } from "./log.ts";
import { StopSteps } from "./stop-steps.ts";

const log = createLog({ name: "test", level: "silent" });

test("steps are undone last first, one after the other", async () => {
  const steps = new StopSteps();
  const seen: string[] = [];
  for (const name of ["a", "b", "c"]) {
    steps.add(name, async () => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
    });
  }
  await expect(steps.run(log)).resolves.toEqual([]);
  expect(seen).toEqual(["c begins", "c ends", "b begins", "b ends", "a begins", "a ends"]);
});

test("a step that fails doesn't keep the others from being undone", async () => {
  const steps = new StopSteps();
  const seen: string[] = [];
  steps.add("a", () => void seen.push("a"));
  steps.add("b", () => {
    throw new Error("stuck");
  });
  steps.add("c", () => Promise.reject(new Error("stuck")));
  await expect(steps.run(log)).resolves.toEqual(["c", "b"]);
  expect(seen).toEqual(["a"]);
});

test("a step is undone once", async () => {
  const steps = new StopSteps();
  let times = 0;
  steps.add("a", () => {
    times += 1;
  });
  await steps.run(log);
  await steps.run(log);
  expect(times).toBe(1);
});
