import { BusbarError } from "./busbar-error.ts";

/** Kinds of component that take actions. `psu` only reports. The order is start-up order: a chassis feeds its hosts. */
export const componentKinds = ["bmc", "chassis", "host"] as const;
export type ComponentKind = (typeof componentKinds)[number];

declare const brand: unique symbol;

/** `host.0`, `chassis.0`, `bmc.0`: also the NATS tokens (DESIGN §1). */
export type ComponentName = `${ComponentKind}.${number}` & { readonly [brand]: "ComponentName" };

/** An index has no leading zero, so that one component has one spelling. */
const pattern = /^(bmc|chassis|host)\.(0|[1-9][0-9]{0,3})$/;

export const isComponentName = (text: string): text is ComponentName => pattern.test(text);

/** @throws BusbarError INVALID_ARGUMENT when the text is no component's name. */
export function componentName(text: string): ComponentName {
  if (isComponentName(text)) return text;
  throw new BusbarError("INVALID_ARGUMENT", `"${text}" is not the name of a component`, {
    remedy: "name a component as kind.index, for instance host.0",
  });
}

export function kindOf(name: ComponentName): ComponentKind {
  return name.slice(0, name.indexOf(".")) as ComponentKind;
}

export function indexOf(name: ComponentName): number {
  return Number(name.slice(name.indexOf(".") + 1));
}
