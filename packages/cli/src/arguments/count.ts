import { InvalidArgumentError } from "commander";

/** A whole number in a range. */
export function count(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[0-9]+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

/** What one answer of a daemon holds at most. */
export const limit = count(1, 1_000);
export const usualLimit = 20;
