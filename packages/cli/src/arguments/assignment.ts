import { InvalidArgumentError } from "commander";

export type Assignments = ReadonlyMap<string, string>;

/** `key=value`, one after the other; the value may hold further signs. */
export function assignment(text: string, before: Assignments = new Map()): Assignments {
  const at = text.indexOf("=");
  const [key, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at < 1 || key === "" || value === "") throw new InvalidArgumentError("Write key=value.");
  if (before.has(key)) throw new InvalidArgumentError(`${key} is given twice.`);
  return new Map([...before, [key, value]]);
}
