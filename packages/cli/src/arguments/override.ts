import { InvalidArgumentError } from "commander";

/** Names of interlocks, `thermal,health`; which there are is for powermgr to say. */
export function override(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.length <= 16 && names.every((name) => /^[a-z-]{1,40}$/.test(name))) return names;
  throw new InvalidArgumentError("Name interlocks, separated by commas, for instance thermal,health.");
}
