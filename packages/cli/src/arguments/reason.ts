import { InvalidArgumentError } from "commander";

/** For the record of who did what and why. */
export function reason(text: string): string {
  if (text.trim() !== "" && text.length <= 256 && !/\p{C}/u.test(text)) return text;
  throw new InvalidArgumentError("Say why in one line of up to 256 characters.");
}
