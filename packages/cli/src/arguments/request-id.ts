import { InvalidArgumentError } from "commander";

/** What the bus takes as an id: it ends up in rows, logs and file names. */
export function requestId(text: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(text)) return text;
  throw new InvalidArgumentError("Give 1 to 128 visible ASCII characters without spaces.");
}
