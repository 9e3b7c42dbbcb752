import { type ComponentKind, type ComponentName, componentKinds, isComponentName } from "@busbar/contracts";
import { InvalidArgumentError } from "commander";

/** The number of a component whose kind the command names: `0`; `host.0` is understood, too. */
export function componentNumber(kind: ComponentKind): (text: string) => ComponentName {
  return (text) => {
    const name = text.startsWith(`${kind}.`) ? text : `${kind}.${text}`;
    if (isComponentName(name)) return name;
    throw new InvalidArgumentError(`Give the number of a ${kind}, for instance 0.`);
  };
}

/** A component by its name, `host.0`. */
export function component(text: string): ComponentName {
  if (isComponentName(text)) return text;
  throw new InvalidArgumentError(`Name a component (${componentKinds.join(", ")}) as host.0.`);
}
