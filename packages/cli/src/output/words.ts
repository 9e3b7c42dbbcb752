import { isComponentName, kindOf, statusRoles } from "@busbar/contracts";
import type { Tone } from "./style.ts";
import type { Cell } from "./table.ts";

const kebab = (text: string): string => text.toLowerCase().replaceAll("_", "-");

/** `HOST_STATUS_ON`: `on`. */
export const statusWord = (status: string): string => kebab(status.replace(/^[A-Z_]+?_STATUS_/, ""));

/** `HOST_ACTION_FORCE_OFF`: `force-off`. */
export const actionWord = (action: string): string => kebab(action.replace(/^[A-Z_]+?_ACTION_/, ""));

/**
 * The word of a number of an enum, without the prefix that proto gives each value: `OPERATION_STATE_TIMED_OUT` is
 * `timed-out`. A number that a newer peer defines is shown as it came.
 */
export function enumWord(names: Readonly<Record<number, string>>, prefix: string, number: number): string {
  const name = names[number];
  return name === undefined ? String(number) : kebab(name.replace(prefix, ""));
}

/** A status in the colour of what it says of its component. */
export function statusCell(component: string, status: string): Cell {
  const text = statusWord(status);
  return { text, tone: isComponentName(component) ? toneOf(status, statusRoles(kindOf(component))) : "plain" };
}

function toneOf(status: string, roles: ReturnType<typeof statusRoles>): Tone {
  switch (status) {
    case roles.on:
      return "good";
    case roles.off:
      return "quiet";
    case roles.transitioning:
      return "busy";
    default:
      return "bad";
  }
}
