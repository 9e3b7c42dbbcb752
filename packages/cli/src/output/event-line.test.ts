import { componentName } from "@busbar/contracts";
import { expect, test } from "vitest";
import { eventLine } from "./event-line.ts";
import { unpainted } from "./style.ts";

test("an event that failed says why, on one line", () => {
  const line = eventLine(
    {
      type: "power-result",
      component: componentName("host.0"),
      verb: "on",
      success: false,
      error_code: "POWER_GOOD_TIMEOUT",
      message: "not on\nwithin 5 s",
      completed_at: null,
      duration_ms: 5_000,
      previous_power: "off",
      power: "off",
      operation_id: "op-1",
    },
    unpainted,
  );
  expect(line.trim()).toBe(
    "host.0      power-result  on: POWER_GOOD_TIMEOUT: not on; within 5 s, power off -> off (5.0 s)  op-1",
  );
});
