import type { Power } from "@busbar/backend";
import { type Action, actionFor, type ComponentKind, type Milliseconds } from "@busbar/contracts";

export type PanelButton = "power-button" | "reset-button";

/** `long-press`: held to the force threshold, and still held. */
export type PressKind = "press" | "long-press" | "release";

export interface Press {
  readonly kind: PressKind;
  readonly heldMs: number;
  /** A long-press was told before this release. */
  readonly wasLong: boolean;
  /** Of the component when the button went down: what came on meanwhile was not meant to go off. */
  readonly power: Power;
}

/**
 * What the BMC does for a button in mode act, as the hardware behind a button would: the reset button acts when pressed,
 * the power button when let go, so that a long press is no short one first; held to the threshold it forces off.
 */
export function actionOf(
  kind: ComponentKind,
  button: PanelButton,
  press: Press,
  forceThreshold: Milliseconds,
): Action | undefined {
  if (button === "reset-button") {
    return press.kind === "press" && press.power === "on" && kind === "host" ? "HOST_ACTION_REBOOT" : undefined;
  }
  const isLong = press.kind === "long-press" || (press.kind === "release" && press.heldMs >= forceThreshold);
  if (isLong) return press.wasLong ? undefined : actionFor(kind, "force-off");
  if (press.kind !== "release" || press.wasLong) return undefined;
  // Whether it should come on or go off can't be known.
  if (press.power === "unknown") return undefined;
  return actionFor(kind, press.power === "off" ? "on" : "off");
}
