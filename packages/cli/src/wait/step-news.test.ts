import { expect, it } from "vitest";
import type { StepShape } from "../shapes/operation.ts";
import { endedStepText, StepNews, stepText } from "./step-news.ts";

const step = (kind: string, outcome: string | null, line: string | null = null): StepShape => ({
  kind,
  component: "host.0",
  line,
  started_at: null,
  duration_ms: 200,
  outcome,
});

it("a step is told once, when it has ended", () => {
  const news = new StepNews();
  const press = step("press", null, "power-button-0");
  expect(news.update([press])).toEqual([]);
  expect(news.running).toBe(press);
  const pressed = step("press", "done", "power-button-0");
  expect(news.update([pressed, step("await", null)])).toEqual([pressed]);
  expect(news.update([pressed, step("await", null)])).toEqual([]);
  expect(news.running).toMatchObject({ kind: "await" });
  expect(news.update([pressed, step("await", "done")])).toMatchObject([{ kind: "await" }]);
  expect(news.running).toBeUndefined();
});

it("a step reads as what it does, and how it ended if not well", () => {
  expect(stepText(step("press", null, "power-button-0"))).toBe("press power-button-0");
  expect(stepText(step("await", null))).toBe("wait for power-good");
  expect(endedStepText(step("pause", "done"))).toBe("pause (200 ms)");
  expect(endedStepText(step("await", "POWER_GOOD_TIMEOUT"))).toBe("wait for power-good: POWER_GOOD_TIMEOUT (200 ms)");
});
