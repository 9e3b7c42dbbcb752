import { BusbarError } from "@busbar/contracts";
import convict from "convict";

export interface LoadOptions {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Defaults < file < environment < flags.
 * @throws BusbarError INVALID_ARGUMENT naming the key, its value and the fix
 */
export function loadConfig<T>(schema: convict.Schema<T>, { argv, env }: LoadOptions): T {
  const config = convict(schema, { args: [...argv], env });
  try {
    config.validate({ allowed: "strict" });
  } catch (cause) {
    throw new BusbarError("INVALID_ARGUMENT", (cause as Error).message, {
      component: "configuration",
      remedy: "correct the flag or variable",
      cause,
    });
  }
  return config.getProperties();
}
