import { expect, test } from "vitest";
import { actionWord, enumWord, statusCell, statusWord } from "./words.ts";

test("enums are shown without what all their values begin with", () => {
  expect(statusWord("MANAGEMENT_CONTROLLER_STATUS_NOT_READY")).toBe("not-ready");
  expect(actionWord("CHASSIS_ACTION_EMERGENCY_SHUTDOWN")).toBe("emergency-shutdown");
  expect(enumWord({ 7: "OPERATION_STATE_TIMED_OUT" }, "OPERATION_STATE_", 7)).toBe("timed-out");
  expect(enumWord({}, "OPERATION_STATE_", 99)).toBe("99");
});

test.each([
  ["host.0", "HOST_STATUS_ON", "good"],
  ["bmc.0", "MANAGEMENT_CONTROLLER_STATUS_READY", "good"],
  ["host.0", "HOST_STATUS_OFF", "quiet"],
  ["chassis.0", "CHASSIS_STATUS_TRANSITIONING", "busy"],
  ["chassis.0", "CHASSIS_STATUS_UNKNOWN", "bad"],
  ["host.0", "HOST_STATUS_ERROR", "bad"],
  ["fan.0", "FAN_STATUS_ON", "plain"],
])("%s %s looks %s", (component, status, tone) => {
  expect(statusCell(component, status)).toMatchObject({ tone });
});
