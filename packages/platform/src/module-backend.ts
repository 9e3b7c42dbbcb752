import type { Path, Problems } from "./problems.ts";
import type { DomainSpec } from "./schema.ts";

/** How a domain is switched: a level that is set, or a button that toggles. The planner asks for nothing else. */
export type Control = "rail" | "buttons";

/** A backend that is no part of Busbar: powermgr loads its module when it starts. */
export interface ModuleBackend {
  readonly type: "module";
  /** A package installed where the platform file can find it, or a file: absolute, or relative to the platform file. */
  readonly module: string;
  readonly control: Control;
  /** The module's own business: only the module can say whether they are right. */
  readonly options: unknown;
}

/** The module that a domain names, or undefined where it names none or a problem leaves none. */
export function defineModule(spec: DomainSpec, path: Path, problems: Problems): ModuleBackend | undefined {
  const { module, control, options, gpio } = spec.backend;
  const backend = [...path, "backend"];
  if (module === undefined) {
    for (const key of ["control", "options"] as const) {
      if (spec.backend[key] === undefined || problems.isSuspect([...backend, "module"])) continue;
      problems.add([...backend, key], `"${key}" is for a module`, "remove it, or name the module", "key");
    }
    return undefined;
  }
  if (gpio !== undefined) {
    problems.add([...backend, "gpio"], `"${module}" switches this domain already`, "keep gpio or module", "key");
  }
  if (spec.template !== undefined) {
    const fix = "write each domain out, with options of its own";
    problems.add([...path, "template"], "copies would have the same options and act on the same thing", fix, "key");
  }
  if (control === undefined) {
    const fix = "write control: rail for what is switched by level, control: buttons for what is pressed";
    if (!problems.isSuspect([...backend, "control"])) {
      problems.add(backend, "does not say how the module switches", fix, "key");
    }
    return undefined;
  }
  return { type: "module", module, control, options };
}
