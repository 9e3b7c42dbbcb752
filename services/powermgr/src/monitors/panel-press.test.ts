import { milliseconds } from "@busbar/contracts";
import { describe, expect, it } from "vitest";
import { actionOf, type Press } from "./panel-press.ts";

const threshold = milliseconds(3_500);
const press = (kind: Press["kind"], power: Press["power"], heldMs = 0, wasLong = false): Press => ({
  kind,
  power,
  heldMs,
  wasLong,
});

describe("what the BMC does for the power button", () => {
  it.each([
    ["nothing while it may still become a long press", press("press", "off"), undefined],
    ["on, when an off host's button is let go", press("release", "off", 200), "HOST_ACTION_ON"],
    ["graceful off, when a running host's button is let go", press("release", "on", 200), "HOST_ACTION_OFF"],
    ["force off at the threshold", press("long-press", "on", 3_500), "HOST_ACTION_FORCE_OFF"],
    ["nothing more when a long press is let go", press("release", "on", 9_000, true), undefined],
    ["force off, when nobody looked at the threshold", press("release", "on", 3_500), "HOST_ACTION_FORCE_OFF"],
    ["graceful off just below the threshold", press("release", "on", 3_499), "HOST_ACTION_OFF"],
    ["nothing for a short press where power is unknown", press("release", "unknown", 200), undefined],
    ["force off where power is unknown", press("long-press", "unknown", 3_500), "HOST_ACTION_FORCE_OFF"],
  ] as const)("%s", (_, how, action) => {
    expect(actionOf("host", "power-button", how, threshold)).toBe(action);
  });
});

describe("what the BMC does for the reset button", () => {
  it.each([
    ["reset of a running host, when pressed", press("press", "on"), "HOST_ACTION_REBOOT"],
    ["nothing of an off host", press("press", "off"), undefined],
    ["nothing where power is unknown", press("press", "unknown"), undefined],
    ["nothing when held", press("long-press", "on", 3_500), undefined],
    ["nothing when let go", press("release", "on", 200), undefined],
  ] as const)("%s", (_, how, action) => {
    expect(actionOf("host", "reset-button", how, threshold)).toBe(action);
  });
});
